//! The tester's own files, embedded: the module that scenarios' tests import, and the shims of `call`.

use std::io;
use std::path::Path;

use trueline_sandbox::Scratch;

macro_rules! files {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../tester/", $name)))),*] };
}

const FILES: &[(&str, &str)] = files![
    "main.py",
    "protocol.py",
    "tester.py",
    "runner.py",
    "kit.py",
    "listener.py",
    "agent.py",
    "shim/call.py",
    "shim/call.mjs",
    "shim/constant.py",
    "shim/exit.py",
];

/// A folder of them on this machine, readable by everyone; removed when it is dropped.
pub(crate) fn write() -> io::Result<Scratch> {
    let folder = Scratch::tester()?;
    std::fs::create_dir(folder.path().join("shim"))?;
    for (name, text) in FILES {
        std::fs::write(folder.path().join(name), text)?;
    }
    open_to_all(folder.path())?;
    Ok(folder)
}

/// The sandbox reads it as another user. Nothing in it is secret.
#[cfg(unix)]
fn open_to_all(folder: &Path) -> io::Result<()> {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    for folder in [folder, &folder.join("shim")] {
        std::fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    }
    for (name, _) in FILES {
        std::fs::set_permissions(folder.join(name), Permissions::from_mode(0o644))?;
    }
    Ok(())
}

#[cfg(not(unix))]
const fn open_to_all(_: &Path) -> io::Result<()> {
    Ok(())
}
