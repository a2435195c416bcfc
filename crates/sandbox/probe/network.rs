//! Attempts on networks.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr as UnixAddr, UnixListener, UnixStream};
use std::time::Duration;

use crate::tell;

pub(crate) fn all() {
    for outside in [
        "192.0.2.1:80",
        "1.1.1.1:53",
        "169.254.169.254:80",
        "[2001:db8::1]:80",
    ] {
        let address: SocketAddr = outside.parse().unwrap();
        let connected = TcpStream::connect_timeout(&address, Duration::from_secs(2));
        tell(&format!("connect:{outside}"), connected);
    }
    let sent = UdpSocket::bind("0.0.0.0:0").and_then(|s| s.send_to(b"x", "1.1.1.1:53"));
    tell("send:1.1.1.1", sent);
    for path in [
        "/run/dbus/system_bus_socket",
        "/var/run/docker.sock",
        "/tmp/.X11-unix/X0",
    ] {
        tell(&format!("connect:{path}"), UnixStream::connect(path));
    }
    tell("loopback", loopback());
}

/// A server and its client, both of the sandbox.
fn loopback() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:5000")?;
    let client = std::thread::spawn(|| TcpStream::connect("127.0.0.1:5000")?.write_all(b"hello"));
    let (mut stream, _) = listener.accept()?;
    let mut heard = String::new();
    stream.read_to_string(&mut heard)?;
    client.join().unwrap()?;
    assert_eq!(heard, "hello");
    Ok(())
}

/// Answers each connection with a word, until it is ended.
pub(crate) fn serve(word: &str) {
    let listener = TcpListener::bind("127.0.0.1:5000").unwrap();
    let name = UnixAddr::from_abstract_name(b"trueline-test").unwrap();
    let _socket = UnixListener::bind_addr(&name).unwrap();
    println!("ready");
    for stream in listener.incoming() {
        stream.unwrap().write_all(word.as_bytes()).unwrap();
    }
}

/// What the server in a joined network answers, and what else of it can be reached.
pub(crate) fn visit() {
    let mut answer = String::new();
    TcpStream::connect("127.0.0.1:5000")
        .unwrap()
        .read_to_string(&mut answer)
        .unwrap();
    println!("answer {answer}");
    let own = std::process::id().cast_signed();
    let killed = (2..1000)
        .filter(|pid| *pid != own && unsafe { libc::kill(*pid, libc::SIGKILL) } == 0)
        .count();
    println!("killed {killed}");
    println!(
        "processes {}",
        std::fs::read_dir("/proc")
            .unwrap()
            .filter(|e| {
                e.as_ref()
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .parse::<u32>()
                    .is_ok()
            })
            .count()
    );
    let name = UnixAddr::from_abstract_name(b"trueline-test").unwrap();
    tell("abstract", UnixStream::connect_addr(&name));
    let outside = "1.1.1.1:53".parse().unwrap();
    tell(
        "outside",
        TcpStream::connect_timeout(&outside, Duration::from_secs(2)),
    );
}

/// Takes a port that another in the same network holds.
pub(crate) fn squat(port: &str) {
    let port: u16 = port.parse().unwrap();
    tell("bind", TcpListener::bind(("127.0.0.1", port)));
    tell("bind-any", TcpListener::bind(("0.0.0.0", port)));
}
