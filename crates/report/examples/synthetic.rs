//! Writes the page of an invented repository of any size to standard output, to look at and to time:
//! `cargo run -p trueline-report --example synthetic -- scan 1000 > report.html`. The first word is
//! `scan`, `stats`, `terminal` or `none` (no evidence at all). Same arguments, same bytes.

use std::collections::BTreeMap;
use std::io::Write as _;

use trueline_facts::code::{CodeView, OriginRun};
use trueline_facts::health::{
    Anomaly, AnomalyKind, Churn, Health, Hotspot, LargeChange, OriginGroup, Review, Rework,
    Survival, SurvivalPoint,
};
use trueline_facts::pipeline::{Entry, EntryKind};
use trueline_facts::scan::{
    LanguageCoverage, Repository, ScanReport, SourceCoverage, UncertainSites, WeaknessRate,
};
use trueline_facts::shadow::{ShadowAi, Signal, SignalKind, SignalState};
use trueline_facts::stats::{NoteCounts, RepositoryStats, StatsReport, Together};
use trueline_facts::usage::{
    Advice, DirectoryUse, EvidenceCoverage, LineShares, MonthUse, Purpose, ToolUse, Usage,
};
use trueline_facts::{
    Applicability, Author, CommitId, Confidence, Cwe, Diagnostic, Edit, Evidence, EvidenceClass,
    Finding, Fingerprint, Fix, Grain, HumanBasis, Level, Location, ModelId, Origin, Patch,
    Position, Proportion, Reach, RepoPath, RuleId, Severity, Step, Tier, Timestamp, ToolId,
};
use trueline_report::{Style, html, terminal};

const NOW: Timestamp = Timestamp(1_769_335_200);
const AREAS: [&str; 9] = [
    "src/api",
    "src/billing",
    "src/store/sql",
    "src/auth",
    "web/components",
    "web/pages",
    "workers",
    "tests/unit",
    "tools/release",
];
const RULES: [(&str, u32, Severity); 7] = [
    ("sql-injection", 89, Severity::Critical),
    ("command-injection", 78, Severity::Critical),
    ("path-traversal", 22, Severity::High),
    ("server-side-request-forgery", 918, Severity::High),
    ("cross-site-scripting", 79, Severity::High),
    ("weak-hash", 327, Severity::Medium),
    ("open-redirect", 601, Severity::Medium),
];

/// A small generator of repeatable numbers (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    const fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().unwrap_or_else(|| "scan".to_owned());
    let files = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000);
    let text = match kind.as_str() {
        "stats" => html::stats(&stats(files)),
        "terminal" => {
            let style = Style {
                color: true,
                width: 110,
                unicode: true,
                hyperlinks: false,
            };
            let (report, _) = scan(files);
            terminal::scan(&report, &style, false) + &terminal::stats(&stats(files), &style)
        }
        "none" => {
            let (mut report, _) = scan(files);
            forget(&mut report);
            html::scan(&report, &[])
        }
        _ => {
            let (report, code) = scan(files);
            html::scan(&report, &code)
        }
    };
    std::io::stdout().lock().write_all(text.as_bytes())
}

fn origin(dice: &mut Dice) -> Origin {
    let evidence = |class, grain| {
        vec![Evidence {
            class,
            grain,
            reach: Reach::Direct,
            confidence: Confidence::High,
            source: "refs/notes/ai".into(),
            commit: Some(CommitId::new("3f9a1c0d72".repeat(4))),
            names: None,
        }]
    };
    match dice.roll(10) {
        0..4 => {
            let (tool, model) = [
                ("claude", "opus-4.5"),
                ("cursor", "gpt-5.2"),
                ("codex", "gpt-5.2-codex"),
            ][dice.roll(3) as usize];
            Origin {
                author: Author::Ai {
                    tool: ToolId::new(tool),
                    model: Some(ModelId::new(model)),
                    session: None,
                    human_touched: dice.roll(4) == 0,
                },
                confidence: Confidence::High,
                evidence: evidence(EvidenceClass::Note, Grain::Line),
            }
        }
        4..6 => Origin {
            author: Author::Human {
                basis: HumanBasis::Observed,
            },
            confidence: Confidence::Medium,
            evidence: evidence(EvidenceClass::HookLog, Grain::Line),
        },
        _ => Origin::unknown(),
    }
}

fn scan(files: usize) -> (ScanReport, Vec<CodeView>) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut code = Vec::new();
    let mut findings = Vec::new();
    for index in 0..files {
        let area = AREAS[dice.roll(AREAS.len() as u64) as usize];
        let path = RepoPath::from(format!("{area}/module_{index:04}.py").as_str());
        let (view, finding) = file(&mut dice, path, index);
        code.push(view);
        findings.extend(finding);
    }
    findings
        .sort_by(|a, b| (a.tier, b.severity, &a.location).cmp(&(b.tier, a.severity, &b.location)));
    let usage = usage(&code);
    let weaknesses = RULES
        .iter()
        .enumerate()
        .map(|(index, (rule, cwe, severity))| {
            let clean = index >= 5;
            WeaknessRate {
                rule: RuleId::new(*rule),
                cwe: Some(Cwe(*cwe)),
                severity: *severity,
                known_ai: Proportion::new(
                    if clean { 0 } else { 2 + dice.roll(9) },
                    30 + dice.roll(90),
                ),
                not_known_ai: Proportion::new(
                    if clean { 0 } else { 1 + dice.roll(9) },
                    60 + dice.roll(200),
                ),
                perhaps_ai: Proportion::default(),
                uncertain: 0,
                uncertain_sites: UncertainSites::default(),
                answered: 0,
            }
        })
        .collect();
    findings.retain(|finding| {
        RULES
            .iter()
            .take(5)
            .any(|(rule, ..)| *rule == finding.rule.as_str())
    });
    let report = ScanReport {
        schema: trueline_facts::scan::SCHEMA.into(),
        trueline_version: env!("CARGO_PKG_VERSION").into(),
        repository: repository("acme-shop"),
        scanned_path: None,
        diff_base: None,
        diff_fork: None,
        diff_name: None,
        usage: Some(usage),
        health: Some(health()),
        shadow_ai: shadow(),
        pipeline: pipeline(),
        sources: SourceCoverage {
            languages: BTreeMap::from([(
                "python".to_owned(),
                LanguageCoverage {
                    parsed: files as u64,
                    partial: 3,
                    skipped: 1,
                    lines: files as u64 * 190,
                    unknown_constructs: 17,
                },
            )]),
            unsupported_files: 41,
            ..SourceCoverage::default()
        },
        weaknesses,
        findings,
        uncertain: 0,
        suppressed: Vec::new(),
        diagnostics: vec![
            Diagnostic::new(
                Level::Warning,
                "nested-too-deep",
                "nesting over 2,000 levels; the file was judged in part",
            )
            .at(RepoPath::from("web/vendor/table.js")),
            Diagnostic::new(
                Level::Note,
                "note-unreadable",
                "one authorship note has a form that is not known",
            ),
        ],
    };
    (report, code)
}

fn file(dice: &mut Dice, path: RepoPath, index: usize) -> (CodeView, Option<Finding>) {
    let lines = 40 + dice.roll(320) as u32;
    let bad = (dice.roll(6) == 0).then(|| 10 + dice.roll(25) as u32);
    let mut text = String::new();
    for line in 1..=lines {
        text.push_str(match (bad == Some(line), line % 9) {
            (true, _) => {
                "    cursor.execute(f\"select * from orders where customer = '{name}'\")\n"
            }
            (_, 1) => "def load_orders(store, name, limit=50):\n",
            (_, 2) => "    \"\"\"Return the latest orders of a customer, newest first.\"\"\"\n",
            (_, 3) => "    cursor = store.connection().cursor()\n",
            (_, 4) => "    if limit < 1:\n",
            (_, 5) => "        raise ValueError(f\"limit must be positive, not {limit}\")\n",
            (_, 6) => "    rows = [Order.from_row(row) for row in cursor.fetchmany(limit)]\n",
            (_, 7) => "    log.debug(\"orders.loaded\", count=len(rows), customer=name)\n",
            (_, 8) => "    return rows\n",
            _ => "\n",
        });
    }
    let mut runs = Vec::new();
    let mut start = 1;
    while start <= lines {
        let len = (5 + dice.roll(60) as u32).min(lines - start + 1);
        runs.push(OriginRun {
            start,
            len,
            origin: origin(dice),
        });
        start += len;
    }
    let finding = bad.map(|line| finding(dice, &path, line, index, &runs));
    (CodeView { path, text, runs }, finding)
}

fn finding(
    dice: &mut Dice,
    path: &RepoPath,
    line: u32,
    index: usize,
    runs: &[OriginRun],
) -> Finding {
    let (rule, cwe, severity) = RULES[dice.roll(RULES.len() as u64) as usize];
    let at = |path: &str, line, from, to, snippet: &str| Location {
        path: RepoPath::from(path),
        start: Position { line, column: from },
        end: Position { line, column: to },
        snippet: snippet.into(),
    };
    let source = "    cursor.execute(f\"select * from orders where customer = '{name}'\")";
    Finding {
        rule: RuleId::new(rule),
        engine: "trueline".into(),
        cwe: vec![Cwe(cwe)],
        severity,
        confidence: Confidence::High,
        tier: if dice.roll(5) == 0 {
            Tier::All
        } else {
            Tier::Shown
        },
        message: "request parameter `name` becomes part of the statement".into(),
        location: at(&path.display(), line, 20, 70, source),
        symbol: "load_orders".into(),
        trace: vec![
            Step {
                location: at(
                    "src/api/module_0003.py",
                    3,
                    12,
                    34,
                    "    name = request.args[\"name\"]",
                ),
                message: "a request parameter enters".into(),
            },
            Step {
                location: at(&path.display(), line, 20, 70, source),
                message: "it is formatted into the statement".into(),
            },
        ],
        fix: Some(Fix {
            description:
                "Pass the value as a parameter: the driver keeps it apart from the statement."
                    .into(),
            patch: Some(Patch {
                title: "Bind the value as a parameter".into(),
                applicability: Applicability::Safe,
                edits: vec![Edit {
                    start: Position { line, column: 17 },
                    end: Position { line, column: 62 },
                    start_byte: 1000,
                    end_byte: 1045,
                    replacement: "\"select * from orders where customer = %s\", (name,)".into(),
                }],
            }),
        }),
        fingerprint: Fingerprint::new(format!("{index:032x}")),
        origin: runs
            .iter()
            .find(|run| (run.start..run.start + run.len).contains(&line))
            .map(|run| run.origin.clone()),
        suppression: None,
        reported: None,
    }
}

fn shares(ai: u64, human: u64, unknown: u64) -> LineShares {
    LineShares {
        total: ai + human + unknown,
        ai,
        ai_line_level: ai * 4 / 5,
        ai_tool_authored: 0,
        ai_transcripts: 0,
        ai_upper_bound: 0,
        human,
        unknown,
    }
}

fn count(code: &[CodeView]) -> (BTreeMap<String, LineShares>, LineShares) {
    let mut directories: BTreeMap<String, LineShares> = BTreeMap::new();
    let mut all = LineShares::default();
    for (index, file) in code.iter().enumerate() {
        let mut lines = LineShares::default();
        for run in &file.runs {
            let n = u64::from(run.len);
            let one = match run.origin.author {
                // Some areas say more about themselves than others.
                _ if file.path.as_bytes().starts_with(b"tools") => shares(0, 0, n),
                Author::Ai { .. } | Author::Unknown
                    if file.path.as_bytes().starts_with(b"web/pages") =>
                {
                    shares(n, 0, 0)
                }
                Author::Ai { .. }
                    if index % 3 == 0 || file.path.as_bytes().starts_with(b"src/api") =>
                {
                    shares(n, 0, 0)
                }
                Author::Human { .. } => shares(0, n, 0),
                _ => shares(0, 0, n),
            };
            lines.add(&one);
        }
        all.add(&lines);
        let path = file.path.display();
        let mut at = Some("");
        while let Some(directory) = at {
            directories
                .entry(directory.to_owned())
                .or_default()
                .add(&lines);
            let next = directory.len() + usize::from(!directory.is_empty());
            at = path
                .get(next..)
                .and_then(|rest| rest.find('/'))
                .and_then(|slash| path.get(..next + slash));
        }
    }
    (directories, all)
}

fn usage(code: &[CodeView]) -> Usage {
    let (directories, all) = count(code);
    let tool = |name: &str, lines, approved| ToolUse {
        tool: ToolId::new(name),
        approved: Some(approved),
        lines,
        lines_at_least: lines,
        lines_upper_bound: 0,
        generated_lines: 0,
        large_files: 0,
        commits: lines / 90,
        first_seen: Some(NOW.plus_days(-300)),
        last_seen: Some(NOW.plus_days(-1)),
        models: BTreeMap::from([
            ("opus-4.5".to_owned(), 210),
            ("sonnet-4.5".to_owned(), 44),
            ("unstated".to_owned(), 12),
        ]),
        purposes: BTreeMap::from([
            (Purpose::Feature, 120),
            (Purpose::Fix, 81),
            (Purpose::Test, 50),
        ]),
        directories: BTreeMap::new(),
        evidence: BTreeMap::from([
            (EvidenceClass::Note, lines * 3 / 4),
            (EvidenceClass::Identity, lines / 4),
        ]),
        configuration: Vec::new(),
    };
    Usage {
        coverage: EvidenceCoverage {
            window_days: 90,
            recent: Proportion::new(6_240, 10_030),
            all: Proportion::new(all.ai + all.human, all.total),
            hinted: 0,
            recent_hinted: 0,
            upper_bound: 0,
            recent_upper_bound: 0,
            undated: 0,
            generated: 0,
            recent_generated: 0,
            large_files: 0,
            recent_large_files: 0,
            by_tool: BTreeMap::new(),
            advice: vec![
                Advice {
                    tool: None,
                    what: "Claude Code records each edit as it happens:".into(),
                    how: "trueline hook install --agent claude".into(),
                },
                Advice {
                    tool: None,
                    what: "Fetch the notes that colleagues pushed:".into(),
                    how: "git fetch origin refs/notes/ai:refs/notes/ai".into(),
                },
            ],
        },
        lines: all,
        recent_lines: trueline_facts::usage::LineShares {
            total: 10_030,
            ai: 5_040,
            ai_line_level: 4_000,
            ai_tool_authored: 0,
            ai_transcripts: 0,
            ai_upper_bound: 0,
            human: 1_200,
            unknown: 3_790,
        },
        generated_lines: 4_120,
        tools: vec![
            tool("claude", all.ai * 6 / 10, true),
            tool("cursor", all.ai * 3 / 10, false),
            tool("github-copilot", all.ai / 10, true),
        ],
        purposes: BTreeMap::new(),
        months: (0..22_u64)
            .map(|n| {
                let total = 900 + (n * 7_919) % 2_300;
                let ai = if n < 6 { 0 } else { total * (n - 5) / 26 };
                let human = total * (n + 2) / 60;
                MonthUse {
                    month: format!("{}-{:02}", 2024 + (n + 3) / 12, (n + 3) % 12 + 1),
                    commits: 40 + n,
                    ai_commits: n,
                    standing_commits: 30 + n,
                    lines: shares(ai, human, total - ai - human),
                }
            })
            .collect(),
        directories: directories
            .into_iter()
            .map(|(path, lines)| DirectoryUse {
                path: RepoPath::from(path.as_str()),
                lines,
            })
            .collect(),
    }
}

fn health() -> Health {
    let rework = |group, within_days, hits, of| Rework {
        group,
        within_days,
        lines: Proportion::new(hits, of),
    };
    let survival = |group, lines, half_life_days, curve: [f64; 4]| Survival {
        group,
        lines,
        half_life_days,
        curve: [30, 90, 180, 365]
            .into_iter()
            .zip(curve)
            .map(|(days, alive)| SurvivalPoint { days, alive })
            .collect(),
    };
    Health {
        window_days: 365,
        churn: Churn {
            commits: 1_840,
            added: 140_120,
            removed: 81_034,
            unread: 0,
            cut: 0,
        },
        perhaps_ai_lines: 0,
        rework: vec![
            rework(OriginGroup::KnownAi, 14, 700, 9_000),
            rework(OriginGroup::NotKnownAi, 14, 1_400, 21_000),
            rework(OriginGroup::KnownAi, 30, 1_300, 8_000),
            rework(OriginGroup::NotKnownAi, 30, 2_400, 20_000),
        ],
        survival: vec![
            survival(
                OriginGroup::KnownAi,
                9_000,
                Some(210),
                [0.88, 0.72, 0.55, 0.31],
            ),
            survival(
                OriginGroup::NotKnownAi,
                21_000,
                None,
                [0.93, 0.84, 0.71, 0.58],
            ),
        ],
        hotspots: (1..9)
            .map(|n| Hotspot {
                path: RepoPath::from(format!("src/api/module_{:04}.py", n * 37).as_str()),
                commits: 60 - n * 5,
                churn: 4_000 / n,
                lines: 300 + n,
                ai: Proportion::new(30 * n, 300 + n),
                ai_up_to: 30 * n,
            })
            .collect(),
        unread_files: 0,
        review: Review {
            commits: Proportion::new(1_200, 1_840),
            ai_commits: Proportion::new(142, 334),
            told: None,
            large_unreviewed: vec![LargeChange {
                commit: CommitId::new("77aa01bc9e".repeat(4)),
                time: NOW.plus_days(-5),
                subject: "feat(billing): invoices, dunning and credit notes".into(),
                added: 4_100,
                files: 37,
            }],
            large_unreviewed_count: 1,
        },
        anomalies: vec![
            Anomaly {
                kind: AnomalyKind::VelocityBurst,
                time: NOW.plus_days(-7),
                commit: None,
                value: 5_200.0,
                threshold: 2_100.0,
                reason: "5,200 lines in one week; weeks of the last year had up to 2,100".into(),
                false_alarms_per_month: 0.1,
            },
            Anomaly {
                kind: AnomalyKind::EvidenceLoss,
                time: NOW.plus_days(-21),
                commit: Some(CommitId::new("0c4fd5a1b2".repeat(4))),
                value: 0.0,
                threshold: 4.0,
                reason: "cursor wrote in 14 weeks running and left no evidence for the last 3"
                    .into(),
                false_alarms_per_month: 0.05,
            },
        ],
    }
}

fn shadow() -> ShadowAi {
    let signal = |tool: &str, kind, state, path: &str| Signal {
        tool: ToolId::new(tool),
        kind,
        state,
        path: RepoPath::from(path),
        detail: None,
        first_seen: Some(NOW.plus_days(-280)),
        last_seen: Some(NOW.plus_days(-12)),
    };
    ShadowAi {
        approved: Some(vec![ToolId::new("claude"), ToolId::new("github-copilot")]),
        unlisted: vec![ToolId::new("cursor"), ToolId::new("aider")],
        signals: vec![
            signal(
                "aider",
                SignalKind::IgnoreLine,
                SignalState::Deleted,
                ".gitignore",
            ),
            signal(
                "claude",
                SignalKind::Configuration,
                SignalState::Present,
                "CLAUDE.md",
            ),
            signal(
                "cursor",
                SignalKind::Configuration,
                SignalState::Present,
                ".cursor/rules/style.mdc",
            ),
            signal(
                "github-copilot",
                SignalKind::CiJob,
                SignalState::Present,
                ".github/workflows/review.yml",
            ),
        ],
    }
}

fn pipeline() -> Vec<Entry> {
    let entry = |kind, tool: &str, commits, unreviewed| Entry {
        kind,
        tool: ToolId::new(tool),
        evidence: vec!["refs/notes/ai".into(), "Co-authored-by".into()],
        first_seen: Some(NOW.plus_days(-280)),
        last_seen: Some(NOW.plus_days(-1)),
        commits,
        hinted: commits / 10,
        unreviewed,
    };
    vec![
        entry(EntryKind::Agent, "claude", 210, 80),
        entry(EntryKind::Editor, "cursor", 96, 60),
        entry(EntryKind::CiJob, "github-copilot", 28, 3),
        entry(EntryKind::Application, "openai", 0, 0),
    ]
}

fn repository(name: &str) -> Repository {
    Repository {
        name: name.into(),
        head: Some(CommitId::new("5d1c8e02aa".repeat(4))),
        head_time: Some(NOW),
        commits: 16_204,
        shallow: false,
        bare: false,
    }
}

/// Takes all evidence out of a report.
fn forget(report: &mut ScanReport) {
    for finding in &mut report.findings {
        finding.origin = Some(Origin::unknown());
    }
    for rate in &mut report.weaknesses {
        rate.not_known_ai = Proportion::new(
            rate.known_ai.hits + rate.not_known_ai.hits,
            rate.known_ai.of + rate.not_known_ai.of,
        );
        rate.known_ai = Proportion::default();
    }
    report.pipeline.clear();
    report.shadow_ai = ShadowAi::default();
    report.health = None;
    if let Some(usage) = &mut report.usage {
        let silent = |lines: &mut LineShares| *lines = shares(0, 0, lines.total);
        silent(&mut usage.lines);
        usage
            .months
            .iter_mut()
            .for_each(|month| silent(&mut month.lines));
        usage
            .directories
            .iter_mut()
            .for_each(|directory| silent(&mut directory.lines));
        usage.tools.clear();
        usage.coverage.recent = Proportion::new(0, usage.coverage.recent.of);
        usage.coverage.all = Proportion::new(0, usage.coverage.all.of);
    }
}

fn stats(files: usize) -> StatsReport {
    let (report, code) = scan(files);
    let one = |name: &str, part: usize| {
        let usage = usage(code.get(..code.len() / part).unwrap_or_default());
        RepositoryStats {
            repository: repository(name),
            scanned_path: None,
            since: None,
            notes: NoteCounts {
                read: 1_204,
                unreadable: 3,
                reachable: 1_180,
                ..NoteCounts::default()
            },
            usage,
            health: health(),
            shadow_ai: shadow(),
            pipeline: pipeline(),
            diagnostics: report.diagnostics.clone(),
        }
    };
    let repositories = vec![
        one("acme-shop", 1),
        one("acme-billing", 3),
        one("acme-infra", 9),
    ];
    let mut together = Together {
        repositories: 3,
        commits: 48_612,
        coverage: Proportion::new(18_720, 30_090),
        ..Together::default()
    };
    for one in &repositories {
        together.lines.add(&one.usage.lines);
        together.recent_lines.add(&one.usage.recent_lines);
    }
    StatsReport {
        schema: trueline_facts::stats::SCHEMA.into(),
        trueline_version: env!("CARGO_PKG_VERSION").into(),
        repositories,
        together,
        breakdown: None,
        mine: None,
        mine_addresses: Vec::new(),
        diagnostics: Vec::new(),
        since: None,
    }
}
