//! What a file is for: part of what runs and is asked, a test of it, or a job that somebody runs.
//!
//! Told by its place, its name and the test framework that it imports. What is weak by itself weighs
//! less in code that serves nobody; flows from requests do not come by here.

use trueline_facts::RepoPath;
use trueline_syntax::ir::{Language, Module, Op};

/// What a file is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// Part of the program.
    Served,
    /// Tests: secrets and hashes in them protect nothing.
    Test,
    /// Runs once: an installer, a migration.
    Once,
    /// Run by hand or when building.
    Script,
    /// Installed or copied from elsewhere: others maintain it, and it is updated, not mended.
    Installed,
    /// Put aside: kept to look at, and run no more.
    Aside,
}

/// Folders that package managers fill.
const INSTALLED_FOLDERS: &[&str] = &[
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "dist-packages",
    "third_party",
    "third-party",
    "thirdparty",
    // What is built from sources, copies of libraries with it.
    ".vite",
    ".next",
    ".nuxt",
    ".output",
    ".svelte-kit",
    ".angular",
    ".vercel",
    ".yarn",
];
/// Folders in which copies of libraries stand in a folder named after their vendors; elsewhere a
/// vendor is who sells something.
const ASSET_FOLDERS: &[&str] = &[
    "public",
    "static",
    "staticfiles",
    "assets",
    "js",
    "lib",
    "libs",
    "resources",
    "webapp",
    "www",
    "wwwroot",
];
/// Folders of tests, in lower case.
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "fixtures",
    "testfixtures",
    "testdata",
    "e2e",
    "e2e-tests",
    "cypress",
    "playwright",
    "examples",
    "mocks",
    "__mocks__",
    "integrationtest",
    "integration-test",
    "integration_test",
    "integrationtests",
    "integration-tests",
    "integration_tests",
    "functionaltest",
    "functional-tests",
    "functional_tests",
    "androidtest",
];
/// Folders of what runs once.
const ONCE_FOLDERS: &[&str] = &[
    "install",
    "installer",
    "migration",
    "migrations",
    "upgrade",
    "upgrades",
];
/// Folders of what is run by hand or when building; not below a folder that is served as it is.
const SCRIPT_FOLDERS: &[&str] = &[
    "script",
    "scripts",
    "hack",
    "ci",
    "benchmark",
    "benchmarks",
    "seed",
    "seeds",
    "seeders",
];
const SERVED_FOLDERS: &[&str] = &[
    "public",
    "static",
    "assets",
    "www",
    "webapp",
    "resources",
    "client",
    "frontend",
    "wwwroot",
    "src",
    "app",
];
/// Words of the names of folders that hold what is run no more.
const ASIDE_WORDS: &[&str] = &["old", "deprecated", "obsolete", "archived"];
/// Folders at the top that hold it; further down they may be a part of the program.
const ASIDE_AT_TOP: &[&str] = &["archive", "archives", "backup", "backups", "attic"];
/// Folders at the top that stand for another system while one develops; further down they may be what
/// the program is about.
const SIMULATORS_AT_TOP: &[&str] = &[
    "simulator",
    "simulators",
    "simulador",
    "simuladores",
    "simulateur",
    "simulateurs",
    "simulatoren",
    "mock",
    "mock-server",
    "mock_server",
    "mockserver",
    "samples",
];
/// Words in the names of Django's commands that fill a database with what somebody made up.
const FILLING_WORDS: &[&str] = &[
    "seed", "test", "demo", "sample", "samples", "fake", "dummy", "mock", "populate", "fixtures",
];
const SCRIPT_NAMES: &[&str] = &["gulpfile", "gruntfile", "webpack", "seed", "seeder"];
/// Modules that only tests import; those that begin like one of these too.
const TEST_MODULES: &[&str] = &[
    "org.junit",
    "org.testng",
    "org.mockito",
    "org.assertj",
    "io.cucumber",
    "pytest",
    "vitest",
    "@jest/globals",
    "@playwright/test",
    "node:test",
    "mocha",
    "chai",
    "supertest",
    "cypress",
    "net/http/httptest",
];
/// Modules that drive a browser: one that visits its own machine is there to test.
const BROWSER_MODULES: &[&str] = &[
    "playwright",
    "playwright-core",
    "selenium",
    "selenium-webdriver",
    "puppeteer",
];
const OWN_MACHINE: &[&str] = &["http://127.0.0.1", "http://localhost"];

impl Purpose {
    /// That of a file.
    pub(crate) fn of(path: &RepoPath, module: &Module) -> Self {
        Self::told(path, || imports_tests(module))
    }

    /// That of a file of which only the path is known.
    pub(crate) fn of_path(path: &RepoPath) -> Self {
        Self::told(path, || false)
    }

    fn told(path: &RepoPath, imports_tests: impl FnOnce() -> bool) -> Self {
        let path = path.display();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        // Gradle and Maven name a set of sources so.
        let written: Vec<&str> = folders.split('/').collect();
        let sources_of_tests = written.windows(2).any(|pair| {
            let ["src", set] = pair else { return false };
            let end = |end: &str| set.strip_suffix(end).is_some_and(|rest| !rest.is_empty());
            *set == "it" || end("Test") || end("Tests") || end("-test") || end("_test")
        });
        if is_installed(&path) {
            return Self::Installed;
        }
        let folders = folders.to_lowercase();
        let folders: Vec<&str> = folders.split('/').collect();
        let within = |list: &[&str]| folders.iter().any(|f| list.contains(f));
        let stands_in = folders
            .first()
            .is_some_and(|f| SIMULATORS_AT_TOP.contains(f));
        if within(TEST_FOLDERS)
            || stands_in
            || sources_of_tests
            || is_test_name(name)
            || imports_tests()
        {
            return Self::Test;
        }
        let word = |folder: &str| {
            let mut words = folder.split(|c: char| !c.is_ascii_alphanumeric());
            words.any(|word| ASIDE_WORDS.contains(&word))
        };
        if folders.iter().any(|f| word(f))
            || folders.first().is_some_and(|f| ASIDE_AT_TOP.contains(f))
        {
            return Self::Aside;
        }
        if within(ONCE_FOLDERS) {
            return Self::Once;
        }
        let stem = name.split('.').next().unwrap_or(name).to_lowercase();
        let by_hand = folders.iter().position(|f| SCRIPT_FOLDERS.contains(f));
        let above = by_hand.and_then(|at| folders.get(..at));
        let served = above.is_some_and(|a| a.iter().any(|f| SERVED_FOLDERS.contains(f)));
        let mut parts = stem.split(['_', '-']);
        let first = parts.clone().next().unwrap_or(&stem);
        let fills = written.ends_with(&["management", "commands"])
            && parts.any(|part| FILLING_WORDS.contains(&part));
        if by_hand.is_some() && !served || SCRIPT_NAMES.contains(&first) || fills {
            return Self::Script;
        }
        Self::Served
    }
}

/// Whether a file was installed or copied from elsewhere, by its path.
pub(crate) fn is_installed(path: &str) -> bool {
    let path = path.to_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let folders: Vec<&str> = folders.split('/').collect();
    let copied = folders.iter().enumerate().any(|(at, folder)| {
        let next = folders.get(at + 1);
        matches!(*folder, "vendor" | "vendors")
            && (next.is_some_and(|next| next.contains('.'))
                || folders.iter().take(at).any(|f| ASSET_FOLDERS.contains(f)))
    });
    let library = name.starts_with("jquery") && name.rsplit('.').next() == Some("js");
    copied
        || library
        || name.contains(".min.")
        || folders.iter().any(|f| INSTALLED_FOLDERS.contains(f))
}

fn is_test_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let lower = name.to_lowercase();
    let named = |end: &str| stem.len() > end.len() && stem.ends_with(end);
    lower.contains(".test.")
        || lower.contains(".spec.")
        || lower.starts_with("test_")
        || lower.starts_with("test-")
        || lower == "tests.py"
        || stem.to_lowercase().ends_with("_test")
        || stem.to_lowercase() == "conftest"
        || named("Test")
        || named("Tests")
        || named("TestCase")
        || name.rsplit('.').next() == Some("java") && (named("IT") || named("ITCase"))
}

/// Whether a file is named after answers that are made up: `mock.ts`, `demoApi.js`. A small program of
/// Python may itself be called `demo.py`.
pub(crate) fn is_of_mocks(path: &RepoPath, language: Language) -> bool {
    let path = path.display();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let mocks: &[&str] = match language {
        Language::JavaScript | Language::TypeScript => &[
            "mock", "mocks", "demo", "fake", "fakes", "stub", "stubs", "fixture", "fixtures",
        ],
        Language::Python => &[
            "mock", "mocks", "fake", "fakes", "stub", "stubs", "fixture", "fixtures",
        ],
        Language::Go | Language::Java => return false,
    };
    let stem = name.split('.').next().unwrap_or(name);
    let words: Vec<String> = crate::analysis::words(stem).collect();
    [words.first(), words.last()]
        .into_iter()
        .flatten()
        .any(|word| mocks.contains(&word.as_str()))
}

fn imports_tests(module: &Module) -> bool {
    let mut instrs = module
        .functions
        .iter()
        .flat_map(|f| &f.blocks)
        .flat_map(|b| &b.instrs);
    instrs.any(|instr| {
        let Op::Import { module: name, .. } = &instr.op else {
            return false;
        };
        let name = module.text(*name);
        let is_one_of = |modules: &[&str]| {
            modules.iter().any(|module| {
                let rest = name.strip_prefix(module);
                rest.is_some_and(|r| r.is_empty() || r.starts_with(['.', '/']))
            })
        };
        is_one_of(TEST_MODULES) || is_one_of(BROWSER_MODULES) && visits_own_machine(module)
    })
}

fn visits_own_machine(module: &Module) -> bool {
    let mut texts = module.symbols.iter();
    texts.any(|t| OWN_MACHINE.iter().any(|own| t.starts_with(own)))
}

#[cfg(test)]
mod tests {
    use trueline_syntax::ir::Coverage;

    use super::*;

    fn of(path: &str) -> Purpose {
        let module = Module {
            language: Language::Java,
            package: None,
            symbols: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            exports: Vec::new(),
            coverage: Coverage::default(),
        };
        Purpose::of(&RepoPath::from(path), &module)
    }

    #[test]
    fn sets_of_sources_and_names_tell_tests() {
        for path in [
            "src/it/java/a/Register.java",
            "shop/src/integrationTest/java/a/Register.java",
            "e2e/login.ts",
            "src/main/java/a/LoginTest.java",
            "a/test_login.py",
            "a/login_test.go",
            "a/login.spec.ts",
            "shop/orders/tests.py",
            "test-socket.js",
            "simuladores/mllp/cliente.py",
        ] {
            assert_eq!(of(path), Purpose::Test, "{path}");
        }
    }

    #[test]
    fn what_is_served_is_no_test_and_no_job() {
        for path in [
            "src/main/java/a/Latest.java",
            "src/contest/entry.py",
            "public/scripts/login.js",
            "static/js/login.js",
            "app/installation.py",
            "it/login.py",
            "app/simulators/loans.py",
            "simulator.py",
        ] {
            assert_eq!(of(path), Purpose::Served, "{path}");
        }
    }

    #[test]
    fn what_package_managers_and_vendors_left_is_not_ours() {
        for path in [
            "venv/lib/python3.12/site-packages/flask/app.py",
            "web/node_modules/left-pad/index.js",
            "vendor/github.com/gin-gonic/gin/context.go",
            "static/vendor/select2/select2.js",
            "static/js/jquery-3.7.1.js",
            "static/js/chart.min.js",
            "frontend/.vite/deps/react-router-dom.js",
        ] {
            assert_eq!(of(path), Purpose::Installed, "{path}");
        }
        for path in [
            "app/vendor/routes.py",
            "src/vendors/VendorList.tsx",
            "static/js/cart.js",
        ] {
            assert_eq!(of(path), Purpose::Served, "{path}");
        }
    }

    #[test]
    fn what_was_put_aside_is_run_no_more() {
        for path in [
            "archive/backend/src/auth.py",
            "backend/flask(old)/app.py",
            "server/z_backend_old/routes.js",
            "deprecated/login.go",
        ] {
            assert_eq!(of(path), Purpose::Aside, "{path}");
        }
        for path in [
            "src/archive/posts.py",
            "app/backup/restore.py",
            "app/threshold/limits.py",
            "app/old.py",
        ] {
            assert_eq!(of(path), Purpose::Served, "{path}");
        }
    }

    #[test]
    fn jobs_run_once_or_by_hand() {
        assert_eq!(of("install/web.js"), Purpose::Once);
        assert_eq!(of("shop/migrations/0003_codes.py"), Purpose::Once);
        assert_eq!(of("scripts/release.py"), Purpose::Script);
        assert_eq!(of("gulpfile.js"), Purpose::Script);
        assert_eq!(of("backend/seed_demo_users.py"), Purpose::Script);
        let commands = "shop/management/commands";
        assert_eq!(
            of(&format!("{commands}/create_test_users.py")),
            Purpose::Script
        );
        assert_eq!(of(&format!("{commands}/send_invoices.py")), Purpose::Served);
    }
}
