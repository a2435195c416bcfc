//! Documents built by hand: a rich one, one without evidence, one outside git, an
//! empty one; statistics, code and blame.

use std::collections::BTreeMap;

use trueline_facts::blame::{self, BlameReport, BlameRun};
use trueline_facts::code::{CodeView, OriginRun};
use trueline_facts::health::{
    Anomaly, AnomalyKind, Churn, Health, Hotspot, LargeChange, OriginGroup, Review, Rework,
    Survival, SurvivalPoint,
};
use trueline_facts::pipeline::{Entry, EntryKind};
use trueline_facts::scan::{
    self, LanguageCoverage, Repository, ScanReport, SourceCoverage, WeaknessRate,
};
use trueline_facts::shadow::{ShadowAi, Signal, SignalKind, SignalState};
use trueline_facts::stats::{
    self, Breakdown, Group, GroupBy, NoteCounts, RepositoryStats, StatsReport, Together,
};
use trueline_facts::usage::{
    Advice, DirectoryUse, EvidenceCoverage, LineShares, MonthUse, Purpose, ToolUse, Usage,
};
use trueline_facts::{
    Applicability, Author, CommitId, Confidence, Cwe, Diagnostic, Edit, Evidence, EvidenceClass,
    Finding, Fingerprint, Fix, Grain, HumanBasis, Level, Location, ModelId, Origin, Patch, Person,
    Position, Proportion, Pseudonym, Reach, RepoPath, RuleId, SessionId, Severity, Step, Tier,
    Timestamp, ToolId,
};

/// 2026-01-25T10:00:00Z.
const NOW: Timestamp = Timestamp(1_769_335_200);

pub(crate) fn commit(digit: char) -> CommitId {
    CommitId::new(digit.to_string().repeat(40))
}

pub(crate) fn evidence(class: EvidenceClass, grain: Grain) -> Evidence {
    Evidence {
        class,
        grain,
        reach: Reach::Direct,
        confidence: Confidence::High,
        source: "refs/notes/ai".into(),
        commit: Some(commit('c')),
    }
}

pub(crate) fn by_claude() -> Origin {
    Origin {
        author: Author::Ai {
            tool: ToolId::new("claude"),
            model: Some(ModelId::new("opus-4.5")),
            session: Some(SessionId::new("s1")),
            human_touched: false,
        },
        confidence: Confidence::High,
        evidence: vec![evidence(EvidenceClass::Note, Grain::Line)],
    }
}

pub(crate) fn by_person() -> Origin {
    Origin {
        author: Author::Human {
            basis: HumanBasis::Observed,
        },
        confidence: Confidence::Medium,
        evidence: vec![evidence(EvidenceClass::HookLog, Grain::Line)],
    }
}

pub(crate) fn at(path: &str, line: u32, columns: (u32, u32), snippet: &str) -> Location {
    Location {
        path: RepoPath::from(path),
        start: Position {
            line,
            column: columns.0,
        },
        end: Position {
            line,
            column: columns.1,
        },
        snippet: snippet.into(),
    }
}

fn sql_injection() -> Finding {
    Finding {
        rule: RuleId::new("sql-injection"),
        engine: "trueline".into(),
        cwe: vec![Cwe(89)],
        severity: Severity::Critical,
        confidence: Confidence::High,
        tier: Tier::Shown,
        message: "request parameter `name` is part of a SQL statement".into(),
        location: at(
            "src/db.py",
            42,
            (17, 62),
            "    cur.execute(\"select * from users where n='%s'\" % name)",
        ),
        symbol: "UserStore.find".into(),
        trace: vec![
            Step {
                location: at(
                    "src/routes.py",
                    10,
                    (12, 32),
                    "    name = request.args[\"name\"]",
                ),
                message: "a request parameter enters".into(),
            },
            Step {
                location: at("src/routes.py", 11, (5, 20), "    store.find(name)"),
                message: "passed to UserStore.find".into(),
            },
            Step {
                location: at("src/db.py", 42, (17, 62), ""),
                message: "formatted into the statement".into(),
            },
        ],
        fix: Some(Fix {
            description:
                "Pass the value as a parameter: the driver then keeps it apart from the statement."
                    .into(),
            patch: Some(Patch {
                title: "Bind the value as a parameter".into(),
                applicability: Applicability::Safe,
                edits: vec![Edit {
                    start: Position {
                        line: 42,
                        column: 17,
                    },
                    end: Position {
                        line: 42,
                        column: 62,
                    },
                    start_byte: 1000,
                    end_byte: 1045,
                    replacement: "\"select * from users where n=%s\", (name,)".into(),
                }],
            }),
        }),
        fingerprint: Fingerprint::new("0123456789abcdef0123456789abcdef"),
        origin: Some(by_claude()),
        suppression: None,
    }
}

fn path_traversal() -> Finding {
    Finding {
        rule: RuleId::new("path-traversal"),
        cwe: vec![Cwe(22)],
        severity: Severity::High,
        message: "upload name decides which file is written".into(),
        location: at(
            "src/files.ts",
            7,
            (3, 30),
            "\tfs.writeFileSync(dir + name, body)",
        ),
        symbol: String::new(),
        trace: Vec::new(),
        fix: None,
        fingerprint: Fingerprint::new("f2"),
        origin: Some(Origin::unknown()),
        suppression: None,
        ..sql_injection()
    }
}

fn imported() -> Finding {
    Finding {
        rule: RuleId::new("B105"),
        engine: "Bandit".into(),
        cwe: Vec::new(),
        severity: Severity::Low,
        tier: Tier::All,
        message: "Possible hardcoded password".into(),
        location: at("src/settings.py", 3, (1, 20), "password = \"********\""),
        trace: Vec::new(),
        fix: None,
        origin: Some(by_person()),
        suppression: None,
        ..sql_injection()
    }
}

fn shares(ai: u64, line_level: u64, human: u64, unknown: u64) -> LineShares {
    LineShares {
        total: ai + human + unknown,
        ai,
        ai_line_level: line_level,
        human,
        unknown,
    }
}

fn tool_use(name: &str, lines: u64, approved: Option<bool>) -> ToolUse {
    ToolUse {
        tool: ToolId::new(name),
        approved,
        lines,
        commits: lines / 60,
        first_seen: Some(NOW.plus_days(-200)),
        last_seen: Some(NOW.plus_days(-2)),
        models: BTreeMap::from([("opus-4.5".to_owned(), 30), ("unstated".to_owned(), 4)]),
        purposes: BTreeMap::from([(Purpose::Feature, 20), (Purpose::Fix, 14)]),
        directories: BTreeMap::from([("src".to_owned(), lines)]),
        evidence: BTreeMap::from([(EvidenceClass::Note, lines)]),
        configuration: vec![RepoPath::from("CLAUDE.md")],
    }
}

fn usage() -> Usage {
    Usage {
        coverage: EvidenceCoverage {
            window_days: 90,
            recent: Proportion::new(6_200, 10_000),
            all: Proportion::new(8_240, 20_000),
            hinted: 0,
            by_tool: BTreeMap::from([(ToolId::new("claude"), 3_000)]),
            advice: vec![Advice {
                what: "Claude Code can record each edit as it happens".into(),
                how: "trueline hook install --agent claude".into(),
            }],
        },
        lines: shares(6_201, 5_001, 2_039, 11_760),
        recent_lines: shares(4_700, 4_000, 1_500, 3_800),
        generated_lines: 900,
        tools: vec![
            tool_use("claude", 4_200, Some(true)),
            tool_use("cursor", 2_001, Some(false)),
        ],
        purposes: BTreeMap::from([(Purpose::Feature, 700), (Purpose::Unclear, 504)]),
        months: vec![
            MonthUse {
                month: "2025-11".into(),
                commits: 30,
                ai_commits: 4,
                lines: shares(100, 40, 50, 850),
            },
            MonthUse {
                month: "2025-12".into(),
                commits: 0,
                ai_commits: 0,
                lines: LineShares::default(),
            },
            MonthUse {
                month: "2026-01".into(),
                commits: 44,
                ai_commits: 30,
                lines: shares(600, 600, 100, 300),
            },
        ],
        directories: vec![
            DirectoryUse {
                path: RepoPath::from(""),
                lines: shares(6_201, 5_001, 2_039, 11_760),
            },
            DirectoryUse {
                path: RepoPath::from("src"),
                lines: shares(6_000, 5_001, 2_000, 8_000),
            },
            DirectoryUse {
                path: RepoPath::from("src/api"),
                lines: shares(5_000, 5_000, 0, 1_000),
            },
            DirectoryUse {
                path: RepoPath::from("docs"),
                lines: shares(0, 0, 0, 3_760),
            },
        ],
    }
}

pub(crate) fn health() -> Health {
    Health {
        window_days: 365,
        churn: Churn {
            commits: 640,
            added: 40_120,
            removed: 21_034,
        },
        rework: vec![
            Rework {
                group: OriginGroup::KnownAi,
                within_days: 30,
                lines: Proportion::new(300, 2_000),
            },
            Rework {
                group: OriginGroup::NotKnownAi,
                within_days: 30,
                lines: Proportion::new(500, 6_000),
            },
        ],
        survival: vec![Survival {
            group: OriginGroup::KnownAi,
            lines: 2_000,
            half_life_days: Some(210),
            curve: vec![
                SurvivalPoint {
                    days: 30,
                    alive: 0.85,
                },
                SurvivalPoint {
                    days: 90,
                    alive: 0.7,
                },
            ],
        }],
        hotspots: vec![Hotspot {
            path: RepoPath::from("src/db.py"),
            commits: 41,
            churn: 2_400,
            lines: 310,
            ai: Proportion::new(200, 310),
        }],
        review: Review {
            commits: Proportion::new(400, 640),
            ai_commits: Proportion::new(12, 34),
            large_unreviewed: vec![LargeChange {
                commit: commit('d'),
                time: NOW.plus_days(-5),
                subject: "add billing".into(),
                added: 4_100,
                files: 37,
            }],
        },
        anomalies: vec![Anomaly {
            kind: AnomalyKind::VelocityBurst,
            time: NOW.plus_days(-7),
            commit: None,
            value: 5_200.0,
            threshold: 2_100.0,
            reason: "5,200 lines in one week; the usual week has up to 2,100".into(),
            false_alarms_per_month: 0.1,
        }],
    }
}

fn shadow() -> ShadowAi {
    ShadowAi {
        approved: Some(vec![ToolId::new("claude")]),
        unlisted: vec![ToolId::new("cursor")],
        signals: vec![
            Signal {
                tool: ToolId::new("claude"),
                kind: SignalKind::Configuration,
                state: SignalState::Present,
                path: RepoPath::from("CLAUDE.md"),
                detail: None,
                first_seen: Some(NOW.plus_days(-200)),
                last_seen: Some(NOW.plus_days(-10)),
            },
            Signal {
                tool: ToolId::new("cursor"),
                kind: SignalKind::IgnoreLine,
                state: SignalState::Deleted,
                path: RepoPath::from(".gitignore"),
                detail: Some(".cursor/".into()),
                first_seen: None,
                last_seen: None,
            },
        ],
    }
}

fn pipeline() -> Vec<Entry> {
    vec![
        Entry {
            kind: EntryKind::Agent,
            tool: ToolId::new("claude"),
            evidence: vec!["refs/notes/ai".into()],
            first_seen: Some(NOW.plus_days(-200)),
            last_seen: Some(NOW),
            commits: 70,
            unreviewed: 22,
        },
        Entry {
            kind: EntryKind::Application,
            tool: ToolId::new("openai"),
            evidence: vec!["requirements.txt".into()],
            first_seen: None,
            last_seen: None,
            commits: 0,
            unreviewed: 0,
        },
    ]
}

fn repository() -> Repository {
    Repository {
        name: "acme-shop".into(),
        head: Some(commit('a')),
        head_time: Some(NOW),
        commits: 1_204,
        shallow: false,
        bare: false,
    }
}

fn rate(rule: &str, severity: Severity, ai: (u64, u64), other: (u64, u64)) -> WeaknessRate {
    WeaknessRate {
        rule: RuleId::new(rule),
        cwe: Some(Cwe(89)),
        severity,
        known_ai: Proportion::new(ai.0, ai.1),
        not_known_ai: Proportion::new(other.0, other.1),
        uncertain: 0,
    }
}

pub(crate) fn rich() -> ScanReport {
    ScanReport {
        schema: scan::SCHEMA.into(),
        trueline_version: "0.1.0".into(),
        repository: repository(),
        scanned_path: None,
        diff_base: None,
        usage: Some(usage()),
        health: Some(health()),
        shadow_ai: shadow(),
        pipeline: pipeline(),
        sources: SourceCoverage {
            languages: BTreeMap::from([
                (
                    "python".to_owned(),
                    LanguageCoverage {
                        parsed: 200,
                        partial: 3,
                        skipped: 1,
                        lines: 18_000,
                        unknown_constructs: 7,
                    },
                ),
                (
                    "typescript".to_owned(),
                    LanguageCoverage {
                        parsed: 11,
                        lines: 2_000,
                        ..LanguageCoverage::default()
                    },
                ),
            ]),
            unsupported_files: 12,
        },
        weaknesses: vec![
            rate("sql-injection", Severity::Critical, (1, 14), (0, 40)),
            rate("path-traversal", Severity::High, (0, 0), (1, 9)),
            rate("command-injection", Severity::Critical, (0, 6), (0, 21)),
        ],
        findings: vec![sql_injection(), path_traversal(), imported()],
        uncertain: 187,
        suppressed: Vec::new(),
        diagnostics: vec![
            Diagnostic::new(
                Level::Warning,
                "nested-too-deep",
                "nesting over 2,000 levels; the file was judged in part",
            )
            .at(RepoPath::from("src/big.js")),
            Diagnostic::new(
                Level::Warning,
                "nested-too-deep",
                "nesting over 2,000 levels; the file was judged in part",
            )
            .at(RepoPath::from("src/big2.js")),
            Diagnostic::new(
                Level::Note,
                "note-unreadable",
                "one authorship note is not in a known format",
            ),
        ],
    }
}

/// A scan of one folder of the rich repository.
pub(crate) fn of_a_folder() -> ScanReport {
    ScanReport {
        scanned_path: Some(RepoPath::from("src/db")),
        ..rich()
    }
}

/// The statistics of that folder.
pub(crate) fn stats_of_a_folder() -> StatsReport {
    let mut report = stats_of_one();
    for one in &mut report.repositories {
        one.scanned_path = Some(RepoPath::from("src/db"));
    }
    report
}

/// A repository in which nothing says who wrote what.
pub(crate) fn no_evidence() -> ScanReport {
    let mut report = rich();
    report.uncertain = 0;
    report.findings.clear();
    report.weaknesses.clear();
    report.diagnostics.clear();
    report.pipeline.clear();
    report.shadow_ai = ShadowAi::default();
    report.health = None;
    let Some(usage) = report.usage.as_mut() else {
        return report;
    };
    usage.coverage.recent = Proportion::new(0, 10_000);
    usage.coverage.all = Proportion::new(0, 20_000);
    usage.coverage.by_tool.clear();
    usage.lines = shares(0, 0, 0, 20_000);
    usage.recent_lines = shares(0, 0, 0, 10_000);
    usage.tools.clear();
    for month in &mut usage.months {
        month.lines = shares(0, 0, 0, month.lines.total);
    }
    for directory in &mut usage.directories {
        directory.lines = shares(0, 0, 0, directory.lines.total);
    }
    report
}

pub(crate) fn outside_git() -> ScanReport {
    let mut report = rich();
    report.usage = None;
    report.health = None;
    report.repository = Repository {
        name: "folder".into(),
        head: None,
        head_time: None,
        commits: 0,
        shallow: false,
        bare: false,
    };
    report.shadow_ai = ShadowAi::default();
    report.pipeline.clear();
    report.diagnostics.clear();
    report.weaknesses = vec![rate("sql-injection", Severity::Critical, (0, 0), (1, 3))];
    report.uncertain = 0;
    report.findings.truncate(1);
    for finding in &mut report.findings {
        finding.origin = None;
    }
    report
}

pub(crate) fn empty() -> ScanReport {
    ScanReport {
        schema: scan::SCHEMA.into(),
        trueline_version: "0.1.0".into(),
        repository: Repository {
            name: "empty".into(),
            ..outside_git().repository
        },
        scanned_path: None,
        diff_base: None,
        usage: None,
        health: None,
        shadow_ai: ShadowAi::default(),
        pipeline: Vec::new(),
        sources: SourceCoverage::default(),
        weaknesses: Vec::new(),
        findings: Vec::new(),
        uncertain: 0,
        suppressed: Vec::new(),
        diagnostics: Vec::new(),
    }
}

/// One repository.
pub(crate) fn stats_of_one() -> StatsReport {
    let mut report = stats_of_two();
    report.repositories.truncate(1);
    report.together.repositories = 1;
    report.breakdown = None;
    report
}

pub(crate) fn stats_of_two() -> StatsReport {
    let one = RepositoryStats {
        repository: repository(),
        scanned_path: None,
        since: None,
        notes: NoteCounts {
            read: 120,
            unreadable: 1,
            reachable: 118,
            ..NoteCounts::default()
        },
        usage: usage(),
        health: health(),
        shadow_ai: shadow(),
        pipeline: pipeline(),
        diagnostics: rich().diagnostics,
    };
    let mut other = one.clone();
    other.repository.name = "acme-docs".into();
    other.diagnostics.clear();
    other.notes = NoteCounts::default();
    if let Some(silent) = no_evidence().usage {
        other.usage = silent;
    }
    other.shadow_ai = ShadowAi::default();
    other.pipeline.clear();
    StatsReport {
        schema: stats::SCHEMA.into(),
        trueline_version: "0.1.0".into(),
        together: Together {
            repositories: 2,
            commits: 2_408,
            lines: shares(6_201, 5_001, 2_039, 31_760),
            recent_lines: shares(4_700, 4_000, 1_500, 13_800),
            coverage: Proportion::new(6_200, 20_000),
        },
        repositories: vec![one, other],
        breakdown: Some(Breakdown {
            by: GroupBy::Team,
            groups: vec![
                Group {
                    name: "platform".into(),
                    lines: shares(900, 900, 100, 1_000),
                    commits: 90,
                },
                Group {
                    name: "others".into(),
                    lines: shares(0, 0, 0, 700),
                    commits: 12,
                },
            ],
        }),
        mine: None,
        mine_addresses: Vec::new(),
        since: None,
    }
}

pub(crate) fn code() -> Vec<CodeView> {
    let text: String = (1..=60)
        .map(|n| {
            if n == 42 {
                "    cur.execute(\"select * from users where n='%s'\" % name)\n".to_owned()
            } else {
                format!("line {n} <b> & \u{202e} \u{2028}\n")
            }
        })
        .collect();
    vec![CodeView {
        path: RepoPath::from("src/db.py"),
        text,
        runs: vec![
            OriginRun {
                start: 1,
                len: 40,
                origin: by_person(),
            },
            OriginRun {
                start: 41,
                len: 10,
                origin: by_claude(),
            },
            OriginRun {
                start: 51,
                len: 10,
                origin: Origin::unknown(),
            },
        ],
    }]
}

pub(crate) fn blame_of_three() -> (BlameReport, Vec<&'static str>) {
    let run = |start, len, digit, origin| BlameRun {
        start,
        len,
        commit: commit(digit),
        boundary: false,
        original_path: RepoPath::from("src/db.py"),
        original_start: start,
        person: Person {
            pseudonym: Pseudonym::derive("root", "dev@example.org"),
            name: None,
        },
        time: NOW,
        summary: "add the store".into(),
        origin,
    };
    let mut touched = by_claude();
    if let Author::Ai { human_touched, .. } = &mut touched.author {
        *human_touched = true;
    }
    let mut last = run(5, 1, 'b', Origin::unknown());
    last.boundary = true;
    let report = BlameReport {
        schema: blame::SCHEMA.into(),
        path: RepoPath::from("src/db.py"),
        head: commit('a'),
        runs: vec![
            run(1, 2, 'a', by_claude()),
            run(3, 1, 'a', touched),
            run(4, 1, 'e', by_person()),
            last,
        ],
        diagnostics: Vec::new(),
    };
    let lines = vec![
        "import db",
        "",
        "def find(name):",
        "\treturn db.get(name)",
        "# é",
    ];
    (report, lines)
}
