//! What connects a sandboxed program with its caller: three standard streams and the channel.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::unistd::pipe2;

use crate::outcome::LimitHit;
use crate::spec::{Channel, Network, Spec};

/// A stream out of the sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stream {
    Stdout,
    Stderr,
    Channel,
}

impl Stream {
    /// The limit on what it may carry.
    pub(super) const fn limit(self) -> LimitHit {
        match self {
            Self::Stdout | Self::Stderr => LimitHit::Output,
            Self::Channel => LimitHit::Channel,
        }
    }
}

/// Our end of a stream, which never blocks us.
pub(super) struct Pipe {
    pub(super) stream: Stream,
    pub(super) end: Option<OwnedFd>,
    pub(super) cap: usize,
}

/// Our end of standard input, and what is still to be written to it.
pub(super) type Input = (OwnedFd, Vec<u8>);

/// All ends: those that go inside, and ours.
pub(super) struct Pipes {
    inner: Vec<OwnedFd>,
    pub(super) outer: Vec<Pipe>,
    pub(super) input: Option<Input>,
    pub(super) live: Option<UnixStream>,
}

impl Pipes {
    pub(super) fn open(spec: &Spec) -> io::Result<Self> {
        let mut pipes = Self {
            inner: Vec::new(),
            outer: Vec::new(),
            input: None,
            live: None,
        };
        if spec.stdin.is_empty() {
            pipes.inner.push(File::open("/dev/null")?.into());
        } else {
            let (inner, outer) = pipe2(OFlag::O_CLOEXEC)?;
            fcntl(&outer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
            pipes.inner.push(inner);
            pipes.input = Some((outer, spec.stdin.clone()));
        }
        pipes.add(Stream::Stdout, spec.limits.output_bytes)?;
        pipes.add(Stream::Stderr, spec.limits.output_bytes)?;
        match spec.channel {
            Channel::None => {}
            Channel::Captured => pipes.add(Stream::Channel, spec.limits.channel_bytes)?,
            Channel::Live => {
                let (outer, inner) = UnixStream::pair()?;
                pipes.inner.push(inner.into());
                pipes.live = Some(outer);
            }
        }
        Ok(pipes)
    }

    /// The inner end stays as programs expect it: it blocks.
    fn add(&mut self, stream: Stream, cap: usize) -> io::Result<()> {
        let (outer, inner) = pipe2(OFlag::O_CLOEXEC)?;
        fcntl(&outer, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        self.inner.push(inner);
        self.outer.push(Pipe {
            stream,
            end: Some(outer),
            cap,
        });
        Ok(())
    }

    /// What travels with the plan, in the order in which the launcher takes it.
    pub(super) fn descriptors(&self, network: &Network) -> Vec<RawFd> {
        let joined = match network {
            Network::Own => None,
            Network::Join(network) => Some(network.descriptor()),
        };
        let inner = self.inner.iter().map(AsRawFd::as_raw_fd);
        inner.chain(joined).collect()
    }
}
