//! Every row against its examples and counterexamples, each reader on a small file, and hostile bytes.

use proptest::prelude::*;

use super::*;
use crate::tools;

fn show(path: &str, content: &str) -> Vec<String> {
    content_signs(path.as_bytes(), content.as_bytes())
        .into_iter()
        .map(|sign| format!("{} {:?} {}", sign.tool, sign.kind, sign.detail))
        .collect()
}

#[test]
fn every_file_row_loads_matches_its_examples_and_spares_its_counterexamples() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    for row in &table.file {
        assert!(
            tools::known(&row.tool).is_some(),
            "{} is not in tools.toml",
            row.tool
        );
        assert!(
            !row.examples.is_empty() && !row.counterexamples.is_empty(),
            "{:?}",
            row.paths
        );
        let fits = |path: &str| {
            path_signs(path.as_bytes()).iter().any(|s| {
                s.tool.as_str() == &*row.tool
                    && s.kind == row.kind
                    && s.confidence == row.confidence
            })
        };
        for path in &row.examples {
            assert!(fits(path), "{path}");
        }
        for path in &row.counterexamples {
            assert!(!fits(path), "{path} is taken for {}", row.tool);
        }
    }
}

#[test]
fn every_ci_row_matches_its_examples_and_spares_its_counterexamples() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    for row in &table.ci {
        assert!(
            tools::known(&row.tool).is_some()
                || &*row.tool == "github-models"
                || table.key.iter().any(|key| key.tool == row.tool),
            "{} is not in tools.toml",
            row.tool
        );
        let workflow = |line: &str| {
            let found = content_signs(
                b".github/workflows/x.yml",
                format!("steps:\n  - {}\n", line.trim_start_matches("- ")).as_bytes(),
            );
            found
                .iter()
                .any(|sign| sign.tool.as_str() == &*row.tool && sign.kind == SignalKind::CiJob)
        };
        assert!(
            !row.examples.is_empty() && !row.counterexamples.is_empty(),
            "{}",
            row.tool
        );
        for line in &row.examples {
            assert!(workflow(line), "{line}");
        }
        for line in &row.counterexamples {
            assert!(!workflow(line), "{line} is taken for {}", row.tool);
        }
    }
}

#[test]
fn every_ignored_stem_and_extension_is_recognised_where_it_stands() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    for row in &table.ignored {
        assert_eq!(
            show(".gitignore", &row.stem),
            [format!("{} IgnoreLine {}", row.tool, row.stem)]
        );
        assert_eq!(show(".gitignore", &format!("x{}", row.stem)), [""; 0]);
    }
    for row in &table.extension {
        assert!(
            tools::known(&row.tool).is_some(),
            "{} is not in tools.toml",
            row.tool
        );
        for id in &row.ids {
            let list = |key: &str| {
                show(
                    ".vscode/extensions.json",
                    &format!("{{\"{key}\":[\"{id}\"]}}"),
                )
            };
            assert_eq!(
                list("recommendations"),
                [format!("{} Extension {id}", row.tool)]
            );
            assert_eq!(list("unwantedRecommendations"), [""; 0]);
        }
    }
}

#[test]
fn every_library_is_recognised_in_a_manifest_of_its_ecosystem_and_not_inside_longer_names() {
    let table: manifest::Table = toml::from_str(manifest::SOURCE).unwrap();
    let check = |names: &[Box<str>], tool: &str, path: &str, file: fn(&str) -> String| {
        for name in names {
            let plain = name.replace('*', "x");
            let found = show(path, &file(&plain));
            // What a tool leaves in what it wrote is no library.
            let kind = if tool == "lovable" {
                "Residue"
            } else {
                "Dependency"
            };
            assert_eq!(found, [format!("{tool} {kind} {plain}")], "{path}");
            assert_eq!(
                show(path, &file(&format!("zz-{plain}"))),
                [""; 0],
                "{path}: zz-{plain}"
            );
        }
    };
    for row in &table.library {
        check(&row.python, &row.tool, "requirements.txt", |n| {
            format!("# c\n{n}[all]>=1.0 ; x\n")
        });
        check(&row.npm, &row.tool, "package.json", |n| {
            format!("{{\"dependencies\":{{\"{n}\":\"1\"}}}}")
        });
        check(&row.go, &row.tool, "go.mod", |n| {
            format!("module m\nrequire (\n\t{n} v1.0.0\n)\n")
        });
        check(&row.rust, &row.tool, "Cargo.toml", |n| {
            format!("[dependencies]\n{n} = \"1\"\n")
        });
        check(&row.maven, &row.tool, "pom.xml", |n| {
            let (group, artifact) = n.split_once(':').unwrap();
            format!("<groupId>{group}</groupId>\n<artifactId>{artifact}</artifactId>")
        });
        check(&row.gem, &row.tool, "Gemfile", |n| {
            format!("source 'x'\ngem \"{n}\", '~> 1'\n")
        });
        check(&row.composer, &row.tool, "composer.json", |n| {
            format!("{{\"require\":{{\"{n}\":\"1\"}}}}")
        });
        check(&row.nuget, &row.tool, "src/App.csproj", |n| {
            format!("<ItemGroup><PackageReference Include=\"{n}\" Version=\"1\" /></ItemGroup>")
        });
    }
}

#[test]
fn ignore_files_tell_of_tools_whose_files_are_not_there() {
    let text = "# .claude/\n!.cursor/\n.aider*\n/.claude/settings.local.json\n**/CLAUDE.local.md\n.cursor/\ntarget/\n*.md\n.specstory/**\nnode_modules\n.github/\nllms.txt\n";
    insta::assert_snapshot!(show(".gitignore", text).join("\n"), @r"
    aider IgnoreLine .aider*
    claude IgnoreLine **/CLAUDE.local.md
    claude IgnoreLine /.claude/settings.local.json
    cursor IgnoreLine .cursor/
    unspecified IgnoreLine .specstory/**
    unspecified IgnoreLine llms.txt
    ");
}

#[test]
fn editor_settings_may_have_comments_and_trailing_commas() {
    let text = "{\n  // \"github.copilot\"\n  \"recommendations\": [\n    \"rust-lang.rust-analyzer\", /* x */\n    \"GitHub.copilot-chat\",\n  ],\n  \"unwantedRecommendations\": [\"continue.continue\"],\n}";
    assert_eq!(
        show(".vscode/extensions.json", text),
        ["github-copilot Extension GitHub.copilot-chat"]
    );
}

#[test]
fn a_devcontainer_tells_by_features_and_extensions() {
    let text = r#"{"features":{"ghcr.io/anthropics/devcontainer-features/claude-code:1.0":{"token":"x"},"ghcr.io/devcontainers/features/node:1":{}},
        "customizations":{"vscode":{"extensions":["saoudrizwan.claude-dev@1.2"]}}}"#;
    assert_eq!(
        show(".devcontainer/devcontainer.json", text),
        [
            "claude Configuration ghcr.io/anthropics/devcontainer-features/claude-code",
            "cline Extension saoudrizwan.claude-dev"
        ]
    );
}

#[test]
fn dependencies_are_found_in_every_section_of_a_manifest() {
    insta::assert_snapshot!(
        [
            show("pyproject.toml", "[project]\ndependencies=['OpenAI>=1']\n[project.optional-dependencies]\nx=['langchain_openai']\n[dependency-groups]\nd=['anthropic~=0.3',{include-group='x'}]\n[tool.poetry.dependencies]\nlitellm='*'\n[tool.poetry.group.dev.dependencies]\nvllm='*'"),
            show("Cargo.toml", "[workspace.dependencies]\nasync-openai='1'\n[target.'cfg(unix)'.dependencies]\noai={package='rig-core',version='1'}"),
            show("app/build.gradle.kts", "dependencies {\n  implementation(\"dev.langchain4j:langchain4j:1.0\")\n  // implementation(\"com.openai:openai-java:1\")\n}"),
            show("package.json", "{\"name\":\"openai\",\"devDependencies\":{\"lovable-tagger\":\"1\",\"@ai-sdk/openai\":\"1\"}}"),
        ]
        .concat()
        .join("\n"),
        @r"
    anthropic Dependency anthropic
    langchain Dependency langchain-openai
    litellm Dependency litellm
    openai Dependency openai
    vllm Dependency vllm
    openai Dependency async-openai
    rig Dependency rig-core
    langchain Dependency dev.langchain4j:langchain4j
    lovable Residue lovable-tagger
    vercel-ai Dependency @ai-sdk/openai
    "
    );
}

#[test]
fn older_manifests_of_python_tell_what_they_require_and_nothing_else() {
    let setup_cfg = "[metadata]\nname = openai\n[options]\ninstall_requires =\n    openai>=1\n    requests\npackages =\n    mcp\n[options.extras_require]\nai = anthropic; python_version > '3'\n[options.entry_points]\nconsole_scripts =\n    litellm = x:y\n";
    assert_eq!(
        show("setup.cfg", setup_cfg),
        ["anthropic Dependency anthropic", "openai Dependency openai"]
    );
    let setup_py = "setup(name='mcp', packages=['litellm'], install_requires=['openai>=1', \"six\"], extras_require={'x': ['anthropic']}, keywords=['ollama'])";
    assert_eq!(
        show("setup.py", setup_py),
        ["anthropic Dependency anthropic", "openai Dependency openai"]
    );
    let pipfile =
        "[[source]]\nname = 'openai'\n[packages]\nOpenAI = '*'\n[dev-packages]\nlitellm = '*'\n";
    assert_eq!(
        show("Pipfile", pipfile),
        ["litellm Dependency litellm", "openai Dependency openai"]
    );
    let conda = "name: ollama\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - openai=1.2\n  - pip:\n    - anthropic==0.3\n";
    assert_eq!(
        show("environment.yml", conda),
        ["anthropic Dependency anthropic", "openai Dependency openai"]
    );
    assert_eq!(
        show("requirements/base.in", "openai\n"),
        ["openai Dependency openai"]
    );
    for (path, text) in [
        ("setup.py", "install_requires"),
        ("setup.py", "install_requires=read('openai')"),
        ("setup.py", "x = ['openai']"),
        ("src/App.csproj", "<ProjectReference Include=\"OpenAI\" />"),
        ("Gemfile", "# gem 'openai'\ngemspec\n"),
        ("requirements.md", "openai\n"),
    ] {
        assert_eq!(show(path, text), [""; 0], "{path}: {text}");
    }
}

#[test]
fn a_ci_job_that_only_mentions_a_tool_in_a_comment_is_not_one() {
    let text = "steps:\n  - uses: actions/checkout@v4 # not anthropics/claude-code-action\n  # - run: codex exec x\n  - run: echo android exec\n  - name: x\n    uses: \"openai/codex-action@v1\"\n";
    assert_eq!(
        show(".github/workflows/ci.yaml", text),
        ["codex CiJob openai/codex-action"]
    );
}

#[test]
fn a_step_of_a_ci_job_may_be_written_in_any_style_of_yaml() {
    for step in [
        "- {uses: \"openai/codex-action@v1\"}",
        "- { name: fix, uses: openai/codex-action@v1, with: {effort: high} }",
        "- \"uses\": openai/codex-action@v1",
        "- 'uses': 'openai/codex-action@v1'",
        "- uses : openai/codex-action@v1",
        "- uses: >-\n        openai/codex-action@v1",
        "- uses:\n        openai/codex-action@v1",
        "- ? uses\n      : openai/codex-action@v1",
    ] {
        assert_eq!(
            show(
                ".github/workflows/ci.yml",
                &format!("jobs:\n  a:\n   steps:\n    {step}\n")
            ),
            ["codex CiJob openai/codex-action"],
            "{step}"
        );
    }
    for step in [
        "- {run: \"codex exec 'mend it'\"}",
        "- \"run\": codex exec 'mend it'",
        "- run: \"codex exec 'mend it'\"",
        "- run: |\n        # not claude -p x\n        set -e\n        codex exec 'mend it'",
        "- run: >-\n        codex\n        exec 'mend it'",
    ] {
        assert_eq!(
            show(
                ".github/workflows/ci.yml",
                &format!("jobs:\n  a:\n   steps:\n    {step}\n")
            ),
            ["codex CiJob codex exec"],
            "{step}"
        );
    }
    assert_eq!(
        show(
            ".github/workflows/ci.yml",
            "steps: [{uses: openai/codex-action@v1}, {env: {K: \"${{ secrets.GROQ_API_KEY }}\"}}]\n"
        ),
        ["codex CiJob openai/codex-action", "groq CiJob GROQ_API_KEY"]
    );
}

#[test]
fn what_only_looks_like_a_step_is_none() {
    for text in [
        "# - {uses: openai/codex-action@v1}\n",
        "steps:\n  - name: \"uses: openai/codex-action@v1\"\n",
        "steps:\n  - {name: \"a # b\", uses: actions/checkout@v4} # uses: openai/codex-action@v1\n",
    ] {
        assert_eq!(show(".github/workflows/ci.yml", text), [""; 0], "{text}");
    }
}

#[test]
fn a_ci_file_that_is_no_yaml_is_read_line_by_line() {
    let broken = "steps: [\n  - uses: openai/codex-action@v1\n";
    assert_eq!(
        show(".github/workflows/ci.yml", broken),
        ["codex CiJob openai/codex-action"]
    );
    let deep = format!("a: {}\nuses: openai/codex-action@v1\n", "[".repeat(200_000));
    assert_eq!(
        show(".github/workflows/ci.yml", &deep),
        ["codex CiJob openai/codex-action"]
    );
    assert_eq!(
        show("Jenkinsfile", "sh \"\"\"\ncodex exec 'mend it'\n\"\"\"\n"),
        ["codex CiJob codex exec"]
    );
}

#[test]
fn a_key_that_a_job_hands_over_names_its_service_and_a_literal_does_not() {
    let text = "env:\n  OPENAI_API_KEY: test\n  ANTHROPIC_API_KEY: ${{ secrets.ANTHROPIC_API_KEY }}\n  MY_OPENAI_API_KEY_2: ${{ secrets.OTHER }}\nwith:\n  openai-api-key: ${{ secrets.TEAM_KEY }}\nrun: curl -H \"Bearer ${GROQ_API_KEY}\" $MISTRAL_API_KEY_FILE\n# FACTORY_API_KEY: ${{ secrets.FACTORY_API_KEY }}\n";
    assert_eq!(
        show(".github/workflows/ci.yaml", text),
        [
            "anthropic CiJob ANTHROPIC_API_KEY",
            "groq CiJob GROQ_API_KEY",
            "openai CiJob OPENAI_API_KEY"
        ]
    );
}

#[test]
fn a_key_may_stand_at_the_end_of_a_longer_name() {
    let job = |line: &str| show(".github/workflows/ci.yaml", &format!("env:\n  {line}\n"));
    assert_eq!(
        job("TESTS_OPENAI_KEY: ${{ secrets.TESTS_OPENAI_KEY }}"),
        ["openai CiJob OPENAI_API_KEY"]
    );
    assert!(job("STAMP_API_KEY: ${{ secrets.STAMP_API_KEY }}").is_empty());
    assert!(job("OPENAI_API_KEY_ID: ${{ secrets.OPENAI_API_KEY_ID }}").is_empty());
}

#[test]
fn what_use_leaves_in_the_folder_of_a_tool_is_no_setting() {
    let kinds = |path: &str| -> Vec<SignalKind> {
        let signs = path_signs(path.as_bytes());
        signs.iter().map(|sign| sign.kind).collect()
    };
    assert_eq!(kinds(".claude/worktrees/a/b"), [SignalKind::Residue]);
    assert_eq!(kinds(".claude/worktrees.md"), [SignalKind::Configuration]);
    assert_eq!(kinds(".claude/settings.json"), [SignalKind::Configuration]);
}

#[test]
fn every_key_is_known_in_one_row_and_is_recognised() {
    let table: Table = toml::from_str(SOURCE).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for row in &table.key {
        for name in &row.names {
            assert!(seen.insert(name), "{name}");
            let found = show(
                ".gitlab-ci.yml",
                &format!("script: run --key \"${name}\"\n"),
            );
            let first = &row.names[0];
            assert_eq!(found, [format!("{} CiJob {first}", row.tool)], "{name}");
        }
    }
}

#[test]
fn a_file_in_the_folder_of_one_tool_is_not_also_anybodys() {
    let tools = |path: &str| -> Vec<String> {
        let signs = path_signs(path.as_bytes()).into_iter();
        signs.map(|sign| sign.tool.to_string()).collect()
    };
    assert_eq!(tools(".claude/skills/pdf/SKILL.md"), ["claude"]);
    assert_eq!(tools(".codex/AGENTS.md"), ["codex"]);
    assert_eq!(tools("skills/pdf/SKILL.md"), ["unspecified"]);
}

#[test]
fn only_files_that_steer_are_agent_configuration() {
    for path in [
        "AGENTS.md",
        ".claude/settings.json",
        ".cursor/rules/a.mdc",
        ".mcp.json",
    ] {
        assert!(is_agent_configuration(path.as_bytes()), "{path}");
    }
    for path in [
        "llms.txt",
        ".aider.chat.history.md",
        ".entire/settings.json",
        "src/main.rs",
    ] {
        assert!(!is_agent_configuration(path.as_bytes()), "{path}");
    }
}

#[test]
fn only_few_files_are_worth_reading() {
    for path in [
        ".gitignore",
        "a/.gitignore",
        ".vscode/extensions.json",
        "requirements/dev.txt",
        "dev-requirements.txt",
        ".github/workflows/x.yaml",
    ] {
        assert!(content_interesting(path.as_bytes()), "{path}");
    }
    for path in [
        "src/main.rs",
        "extensions.json",
        "notes.txt",
        "workflows/x.yml",
        "package-lock.json",
    ] {
        assert!(!content_interesting(path.as_bytes()), "{path}");
    }
}

#[test]
fn deep_nesting_shows_nothing_and_does_not_overflow_the_stack() {
    let deep = 200_000;
    let json = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let toml = format!("a = {}{}", "[".repeat(deep), "]".repeat(deep));
    assert_eq!(show("package.json", &json), [""; 0]);
    assert_eq!(show(".vscode/extensions.json", &json), [""; 0]);
    assert_eq!(show("pyproject.toml", &toml), [""; 0]);
    assert_eq!(show("Cargo.toml", &toml), [""; 0]);
}

proptest! {
    #[test]
    fn arbitrary_content_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for path in [".gitignore", ".vscode/extensions.json", ".devcontainer.json", "action.yml", "package.json", "requirements.txt", "pyproject.toml", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "Pipfile", "setup.cfg", "setup.py", "environment.yml", "Gemfile", "composer.json", "a.csproj"] {
            let _ = content_signs(path.as_bytes(), &bytes);
        }
        let _ = path_signs(&bytes);
    }
}
