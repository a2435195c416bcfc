//! What is said to a container engine: which image, and the one command line that starts a container. Pure functions
//! make it, which tests read word by word.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::format::Limits;
use crate::run::ground::GroundError;

/// Nobody, on every system of the images.
pub(super) const NOBODY: &str = "65534:65534";
/// What an engine may hand on of this machine's ways out, some of them with a password in them.
const PROXIES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY"];

/// A container engine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Engine {
    /// `docker`.
    Docker,
    /// `podman`.
    Podman,
}

impl Engine {
    /// Both, in the order in which they are looked for.
    pub const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    /// The name of its program.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Whether it is here and answers, or why not.
    pub fn answers(self) -> Result<(), String> {
        answers(self.program())
    }

    /// Who its containers run as. With Docker the numbers inside are those outside: as ourselves, we can remove what
    /// they leave. Podman without root maps them, and root is nobody to be.
    pub(super) fn user(self) -> String {
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        if self == Self::Podman || user.is_root() {
            return NOBODY.to_owned();
        }
        format!("{}:{}", user.as_raw(), group.as_raw())
    }
}

pub(super) fn answers(name: &str) -> Result<(), String> {
    let asked = Command::new(name)
        .args(["version", "--format", "{{.Client.Version}}"])
        .stdin(Stdio::null())
        .output();
    match asked {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let first = said.lines().next().unwrap_or("it does not answer");
            Err(format!("{name}: {first}"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(format!("{name} is not installed"))
        }
        Err(error) => Err(format!("{name} could not be started: {error}")),
    }
}

/// The image that a language runs in: the official one, in a version that scenarios are written for.
#[must_use]
pub fn image(language: &str) -> &'static str {
    match language {
        "node" => "docker.io/library/node:22",
        "java" => "docker.io/library/eclipse-temurin:21",
        "go" => "docker.io/library/golang:1.24",
        "rust" => "docker.io/library/rust:1",
        _ => "docker.io/library/python:3.13",
    }
}

/// The image that is not here of those that a scenario needs, with the command that gets it.
pub(crate) fn missing(engine: Engine, languages: &[&'static str]) -> Option<String> {
    let name = engine.program();
    let mut images: Vec<&str> = languages.iter().map(|language| image(language)).collect();
    images.push(image("python"));
    let is_here = |image: &&str| {
        Command::new(name)
            .args(["image", "inspect", image])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let missing = images.into_iter().find(|image| !is_here(image))?;
    Some(format!(
        "the image {missing} is needed and not here: `{name} pull {missing}` gets it"
    ))
}

/// One command line of an engine.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    pub(super) engine: Engine,
    pub(super) user: String,
    pub(super) name: &'a str,
    pub(super) image: &'a str,
    /// `none`, or the container whose network it joins.
    pub(super) network: String,
    pub(super) limits: Limits,
    /// Folder of this machine, place inside.
    pub(super) mounts: Vec<(PathBuf, &'a str, Access)>,
    pub(super) folder: &'a str,
    pub(super) env: Vec<(String, String)>,
    pub(super) interactive: bool,
    pub(super) argv: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Read,
    Write,
}

impl Invocation<'_> {
    /// The arguments of the engine's program.
    pub(super) fn arguments(&self) -> Result<Vec<String>, GroundError> {
        let mut out: Vec<String> = ["run", "--rm", "--pull", "never", "--name", self.name]
            .map(str::to_owned)
            .to_vec();
        if self.interactive {
            out.push("--interactive".to_owned());
        }
        let limits = self.limits;
        let memory = format!("{}m", limits.mem_mb);
        for (option, value) in [
            ("--network", self.network.clone()),
            ("--log-driver", "none".to_owned()),
            // Podman asks a program to end and waits ten seconds before it removes it by force.
            ("--stop-signal", "KILL".to_owned()),
            ("--user", self.user.clone()),
            ("--cap-drop", "ALL".to_owned()),
            ("--security-opt", "no-new-privileges".to_owned()),
            ("--pids-limit", limits.pids.to_string()),
            ("--memory", memory.clone()),
            // The same as memory: no swap beside it.
            ("--memory-swap", memory),
            ("--ulimit", format!("cpu={0}:{0}", limits.cpu_s)),
            ("--ulimit", "fsize=52428800:52428800".to_owned()),
            ("--ulimit", "nofile=256:256".to_owned()),
            ("--ulimit", "core=0:0".to_owned()),
            ("--tmpfs", "/tmp:rw,nosuid,nodev,size=64m".to_owned()),
            ("--workdir", self.folder.to_owned()),
        ] {
            out.extend([option.to_owned(), value]);
        }
        out.push("--read-only".to_owned());
        for (from, to, access) in &self.mounts {
            out.extend(["--mount".to_owned(), mount(from, to, *access)?]);
        }
        match self.engine {
            Engine::Podman => out.push("--http-proxy=false".to_owned()),
            Engine::Docker => {
                for name in PROXIES {
                    for name in [name.to_owned(), name.to_ascii_lowercase()] {
                        out.extend(["--env".to_owned(), format!("{name}=")]);
                    }
                }
                for name in ["NO_PROXY", "no_proxy"] {
                    out.extend(["--env".to_owned(), format!("{name}=*")]);
                }
            }
        }
        for (name, value) in &self.env {
            out.extend(["--env".to_owned(), format!("{name}={value}")]);
        }
        out.push(self.image.to_owned());
        out.extend(self.argv.iter().cloned());
        Ok(out)
    }
}

/// A folder of this machine as an engine's option. The option is a row of a table of values between commas.
fn mount(from: &Path, to: &str, access: Access) -> Result<String, GroundError> {
    let path = from
        .to_str()
        .filter(|path| !path.contains([',', '"', '\n', '\r']));
    let Some(path) = path else {
        return Err(GroundError::Missing(format!(
            "{} cannot be shown to a container: its name has a comma, a quotation mark, a line break or is no \
             UTF-8; set TMPDIR to another folder",
            from.display()
        )));
    };
    let end = match access {
        Access::Read => ",readonly",
        Access::Write => "",
    };
    Ok(format!("type=bind,src={path},dst={to}{end}"))
}
