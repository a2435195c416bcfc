//! With isolation: tester and program in two sandboxes that share a network namespace and nothing else.
//!
//! The tester comes first, so that its listeners are bound before the program lives. What the program writes to its
//! own folder stays in memory and is bounded there; `data` is a folder of this machine that both see.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use trueline_sandbox::{
    CHANNEL, Identity, Language, LimitHit, Limits as SandboxLimits, Network, Outcome, Quota,
    RunDir, Running, SandboxError, Spec, Status, Toolchain, spawn,
};

use super::ground::{GroundError, Places, Program, Setting, Stage, State};
use crate::format::{Definition, Limits};
use crate::tree::{Tree, make_program};

const TESTER_MEMORY_MB: u64 = 512;
const TESTER_PIDS: u64 = 256;

pub(crate) struct Sandboxed {
    folder: RunDir,
    places: Places,
    channel: UnixStream,
    tester: Running,
    languages: Vec<&'static str>,
    limits: Limits,
    wall: Duration,
    kit: std::path::PathBuf,
    program: Phase,
}

enum Phase {
    NotStarted,
    Runs(Running),
    Ended(State),
}

impl Sandboxed {
    pub(crate) fn open(setting: &Setting<'_>, kit: &Path) -> Result<Self, GroundError> {
        let identity =
            Identity::new().map_err(|refusal| GroundError::Missing(refusal.to_string()))?;
        let folder = RunDir::new(&identity).map_err(told)?;
        // The folders that others are mounted on have to be there.
        for (inside, tree) in [("app", setting.program), ("tests", setting.tests)] {
            write(&folder, inside, tree)?;
        }
        for inside in ["app/data/.keep", "data/.keep", "private/.keep"] {
            folder.write(Path::new(inside), b"").map_err(told)?;
            fs::remove_file(folder.path().join(inside))
                .map_err(system("a folder for the trial"))?;
        }
        let at = |name: &str| folder.path().join(name);
        let python = toolchain("python")?;
        let number = CHANNEL.to_string();
        let spec = Spec::new(["python3", "-I", "-S", "/kit/main.py", number.as_str()])
            .toolchain(python)
            .identity(&identity)
            .read_only(kit, "/kit")
            .read_only(at("tests"), "/tests")
            .read_only(at("app"), "/submission")
            .read_write(at("data"), "/data")
            .read_write(at("private"), "/private")
            .live_channel()
            .limits(SandboxLimits {
                cpu_s: setting.wall.as_secs() * 2,
                wall_s: setting.wall.as_secs() + 2,
                mem_mb: TESTER_MEMORY_MB,
                pids: TESTER_PIDS,
                files: 1024,
                ..SandboxLimits::default()
            });
        let tester = spawn(&spec).map_err(told)?;
        let channel = tester.take_channel().ok_or_else(|| {
            system("the tester's socket")(std::io::Error::other("the sandbox gave none"))
        })?;
        Ok(Self {
            places: Places {
                tests: "/tests".into(),
                data: "/data".into(),
                private: "/private".into(),
                app: "/submission".into(),
            },
            folder,
            channel,
            tester,
            languages: setting.languages.clone(),
            limits: setting.limits,
            wall: setting.wall,
            kit: kit.to_owned(),
            program: Phase::NotStarted,
        })
    }
}

impl Stage for Sandboxed {
    fn places(&self) -> &Places {
        &self.places
    }

    fn channel(&self) -> &UnixStream {
        &self.channel
    }

    fn start(&mut self, program: &Program) -> Result<(), GroundError> {
        self.stop();
        let at = |name: &str| self.folder.path().join(name);
        let argv: Vec<String> = program
            .argv
            .iter()
            .map(|part| part.replace("{shim}", "/shim"))
            .collect();
        let mut spec = Spec::new(argv)
            .cwd("/app")
            .identity(self.folder.identity())
            .copy_of(at("app"), "/app", Quota::default())
            .read_write(at("data"), "/app/data")
            .read_only(at("private"), "/srv/private")
            .read_only(self.kit.join("shim"), "/shim")
            .network(Network::Join(self.tester.network()))
            .limits(limits(self.limits, self.wall.as_secs()));
        for name in &self.languages {
            spec = spec.toolchain(toolchain(name)?);
        }
        for (name, value) in &program.env {
            spec = spec.env(name, value);
        }
        self.program = Phase::Runs(spawn(&spec).map_err(told)?);
        Ok(())
    }

    fn state(&mut self) -> State {
        let ended = match &self.program {
            Phase::NotStarted => return State::default(),
            Phase::Ended(state) => return state.clone(),
            Phase::Runs(running) => !running.is_alive(),
        };
        if ended {
            return self.end();
        }
        match &self.program {
            Phase::Runs(running) => State {
                running: true,
                stdout: running.stdout().text(),
                stderr: running.stderr().text(),
                ..State::default()
            },
            Phase::NotStarted | Phase::Ended(_) => State::default(),
        }
    }

    fn stop(&mut self) -> State {
        if let Phase::Runs(running) = &self.program {
            // What ended by itself in the meantime keeps its own end.
            if running.is_alive() {
                running.kill();
            }
        }
        self.end()
    }

    fn overflows(&self) -> bool {
        super::exceeds(&self.folder.path().join("data"))
    }

    fn lies_elsewhere(&self) -> bool {
        false
    }

    fn tester_output(&mut self) -> String {
        self.tester.stderr().text()
    }
}

impl Sandboxed {
    fn end(&mut self) -> State {
        let state = match std::mem::replace(&mut self.program, Phase::NotStarted) {
            Phase::NotStarted => return State::default(),
            Phase::Ended(state) => state,
            Phase::Runs(running) => match running.wait() {
                Ok(outcome) => of(&outcome),
                Err(error) => State {
                    stderr: error.to_string(),
                    exit: Some(1),
                    ..State::default()
                },
            },
        };
        self.program = Phase::Ended(state.clone());
        state
    }
}

fn of(outcome: &Outcome) -> State {
    let ends = |hit: &&LimitHit| {
        !outcome.status.success()
            && matches!(
                hit,
                LimitHit::Cpu
                    | LimitHit::Wall
                    | LimitHit::Memory
                    | LimitHit::Output
                    | LimitHit::FileSize
            )
    };
    let names = |hits: Vec<&LimitHit>| hits.into_iter().map(|hit| hit.name().to_owned()).collect();
    State {
        running: false,
        exit: match outcome.status {
            Status::Killed => None,
            status => Some(i32::from(status.code())),
        },
        stdout: outcome.stdout.text(),
        stderr: outcome.stderr.text(),
        limits_hit: names(outcome.limits_hit.iter().collect()),
        killed_by: names(outcome.limits_hit.iter().filter(ends).collect()),
    }
}

/// Compiles a tree.
pub(crate) fn build(
    definition: &Definition,
    tree: &Tree,
    languages: &[&'static str],
) -> Result<Result<Tree, String>, GroundError> {
    let identity = Identity::new().map_err(|refusal| GroundError::Missing(refusal.to_string()))?;
    let folder = RunDir::new(&identity).map_err(told)?;
    write(&folder, "app", tree)?;
    let app = folder.path().join("app");
    let asked = definition.build_limits();
    let mut spec = Spec::new(definition.build.iter().map(String::as_str))
        .cwd("/app")
        .identity(&identity)
        .read_write(&app, "/app")
        .env("GOCACHE", "/tmp/go-cache")
        .env("GOFLAGS", "-mod=mod")
        .env("GOPROXY", "off")
        .scratch(
            "/tmp",
            Quota {
                mb: 512,
                inodes: 50_000,
            },
        )
        .limits(limits(asked, u64::from(asked.wall_s)));
    for name in languages {
        spec = spec.toolchain(toolchain(name)?);
    }
    let outcome = trueline_sandbox::run(&spec).map_err(told)?;
    if outcome.status.success() {
        return Ok(Tree::read(&app).map_err(|error| error.to_string()));
    }
    let hits: Vec<&str> = outcome.limits_hit.iter().map(|hit| hit.name()).collect();
    let mut said = format!("{}{}", outcome.stderr.text(), outcome.stdout.text());
    if !hits.is_empty() {
        said.push_str("\nended by: ");
        said.push_str(&hits.join(", "));
    }
    Ok(Err(said))
}

fn limits(asked: Limits, wall_s: u64) -> SandboxLimits {
    SandboxLimits {
        cpu_s: u64::from(asked.cpu_s),
        wall_s,
        mem_mb: u64::from(asked.mem_mb),
        pids: u64::from(asked.pids),
        ..SandboxLimits::default()
    }
}

fn write(folder: &RunDir, inside: &str, tree: &Tree) -> Result<(), GroundError> {
    for (path, content) in tree.iter() {
        let name = Path::new(inside).join(path);
        folder.write(&name, content).map_err(told)?;
        if tree.is_program(path) {
            make_program(&folder.path().join(name)).map_err(system("a program's mode"))?;
        }
    }
    Ok(())
}

fn toolchain(name: &str) -> Result<&'static Toolchain, GroundError> {
    let language = match name {
        "python" => Language::Python,
        "node" => Language::Node,
        "java" => Language::Java,
        "go" => Language::Go,
        _ => Language::Rust,
    };
    Toolchain::find(language)
        .ok_or_else(|| GroundError::Missing(format!("{name} is needed and not installed")))
}

fn told(error: SandboxError) -> GroundError {
    match error {
        SandboxError::Refused(refusal) => GroundError::Missing(refusal.to_string()),
        other => GroundError::System {
            what: "the sandbox",
            source: std::io::Error::other(other.to_string()),
        },
    }
}

fn system(what: &'static str) -> impl Fn(std::io::Error) -> GroundError {
    move |source| GroundError::System { what, source }
}
