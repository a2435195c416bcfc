//! The root file system of a sandbox: the system tree read-only, scratch in memory, nothing else.
//!
//! As root the things to be shown are first put where the unprivileged self can reach them
//! ([`stage`]); they are locked there once the user namespace is made. Then, as process 1 inside,
//! a tmpfs is filled with bind mounts and becomes the root, and the machine's own is let go.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::pivot_root;

use super::calls::{self, MountMode};
use super::{Step, Stop, missing};
use crate::isolation::Part;
use crate::plan::{Access, Bind, Event, Place, Plan, Scratch};

/// Folders that hold programs and libraries. Where one is a link into another it stays one.
const SYSTEM: [&str; 8] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/lib32",
    "/libx32",
    "/nix/store",
];

/// What libraries and language runtimes read; nothing that tells of the machine's users or secrets.
const SYSTEM_CONFIGURATION: [&str; 14] = [
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/ssl/openssl.cnf",
    "/etc/ssl/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/crypto-policies",
    "/etc/mime.types",
    "/etc/protocols",
    "/etc/services",
    "/etc/java",
    "/etc/mono",
    "/etc/python3",
];

const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Written for the sandbox, in the place of the machine's.
const WRITTEN: [(&str, &str); 4] = [
    (
        "/etc/passwd",
        "sandbox:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n",
    ),
    ("/etc/group", "sandbox:x:1000:\nnogroup:x:65534:\n"),
    ("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
    (
        "/etc/nsswitch.conf",
        "passwd: files\ngroup: files\nhosts: files\n",
    ),
];

/// Places to work in before the new root is there; any that exists will do.
const WORKPLACES: [&str; 4] = ["/tmp", "/mnt", "/var/tmp", "/run"];

/// Where the things to be shown can be mounted from.
pub(super) struct Sources {
    workplace: &'static Path,
    mounts: Vec<Mounted>,
    /// Keeps the places open that are named by descriptor.
    open: Vec<File>,
}

enum Mounted {
    Shown(Shown),
    Scratch(Scratch),
}

struct Shown {
    from: PathBuf,
    bind: Bind,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    File,
    Device,
}

/// What the new root has, for the layers that are put on it.
pub(super) struct Root {
    pub(super) readable: Vec<PathBuf>,
    pub(super) writable: Vec<PathBuf>,
    pub(super) devices: Vec<PathBuf>,
    /// File systems in memory, those of copies too.
    pub(super) scratch: Vec<PathBuf>,
    pub(super) procfs: bool,
}

fn failed<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Stop {
    missing(Part::Root, what)
}

/// As root outside: binds everything to be shown under a workplace that anyone can reach.
pub(super) fn stage(plan: &Plan) -> Step<Sources> {
    let mut sources = open(plan)?;
    for (number, mounted) in sources.mounts.iter_mut().enumerate() {
        let Mounted::Shown(shown) = mounted else {
            continue;
        };
        let place = sources.workplace.join(number.to_string());
        mount_point(&place, shown.kind, 0o755).map_err(failed("no mount point"))?;
        bind(&shown.from, &place, None).map_err(failed("it cannot be staged"))?;
        shown.from = place;
    }
    sources.open.clear();
    Ok(sources)
}

/// Opens everything to be shown, then hides the workplace under an empty file system.
fn open(plan: &Plan) -> Step<Sources> {
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    mount(none(), "/", none(), private, none()).map_err(failed("mounts cannot be made private"))?;
    let mut mounts = Vec::new();
    let mut open = Vec::new();
    let scratch = default_scratch(plan).map(Place::Scratch);
    let own = scratch
        .into_iter()
        .chain(system().into_iter().map(Place::Bind));
    for place in own.chain(plan.mounts.iter().cloned()) {
        let bind = match place {
            Place::Bind(bind) => bind,
            Place::Scratch(scratch) => {
                mounts.push(Mounted::Scratch(scratch));
                continue;
            }
        };
        let path = Path::new(&bind.host);
        let found = calls::open_place(path).and_then(|file| {
            let kind = file.metadata()?.file_type();
            Ok((file, kind))
        });
        let (file, kind) = found.map_err(|error| host(path, &error))?;
        let kind = if kind.is_dir() {
            Kind::Folder
        } else if kind.is_char_device() {
            Kind::Device
        } else {
            Kind::File
        };
        mounts.push(Mounted::Shown(Shown {
            from: PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())),
            bind,
            kind,
        }));
        open.push(file);
    }
    let workplace = WORKPLACES
        .iter()
        .map(Path::new)
        .find(|path| path.is_dir())
        .ok_or_else(|| failed("no folder to work in")(Errno::ENOENT))?;
    tmpfs(workplace, "size=1m,nr_inodes=1k,mode=755").map_err(failed("no tmpfs"))?;
    let new_root = workplace.join("root");
    fs::create_dir(&new_root).map_err(failed("no mount point"))?;
    Ok(Sources {
        workplace,
        mounts,
        open,
    })
}

/// The system tree, its configuration and the harmless devices, as far as this machine has them.
fn system() -> Vec<Bind> {
    let configuration = SYSTEM_CONFIGURATION.iter().map(PathBuf::from);
    let of_java = fs::read_dir("/etc")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().map_or(&[][..], OsStr::as_bytes);
            name.starts_with(b"java-")
        });
    SYSTEM
        .iter()
        .chain(&DEVICES)
        .map(PathBuf::from)
        .filter(|path| !path.is_symlink())
        .chain(configuration)
        .chain(of_java)
        .filter(|path| path.exists())
        .map(|path| Bind {
            host: path.clone().into_os_string(),
            inside: path.into_os_string(),
            access: Access::Read,
            listed: true,
        })
        .collect()
}

/// As process 1 inside: builds the root and makes it the only one there is.
pub(super) fn build(plan: &Plan, sources: Option<Sources>) -> Step<Root> {
    let sources = match sources {
        Some(sources) => {
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(none(), "/", none(), private, none())
                .map_err(failed("mounts cannot be made private"))?;
            sources
        }
        None => open(plan)?,
    };
    let new_root = sources.workplace.join("root");
    tmpfs(&new_root, "size=1m,nr_inodes=2k,mode=755").map_err(failed("no tmpfs"))?;
    let mut root = Root {
        readable: vec![PathBuf::from("/etc")],
        writable: Vec::new(),
        devices: Vec::new(),
        scratch: Vec::new(),
        procfs: false,
    };
    write_files(&new_root).map_err(failed("it cannot be filled"))?;
    for mounted in &sources.mounts {
        match mounted {
            Mounted::Shown(shown) => add_shown(&new_root, shown, &mut root)?,
            Mounted::Scratch(scratch) => add_scratch(&new_root, scratch, &mut root)?,
        }
    }
    root.procfs = add_procfs(&new_root)?;
    enter(&new_root).map_err(failed("it cannot be entered"))?;
    Ok(root)
}

fn default_scratch(plan: &Plan) -> Option<Scratch> {
    let given = plan.mounts.iter().any(|place| {
        let inside = match place {
            Place::Bind(bind) => &bind.inside,
            Place::Scratch(scratch) => &scratch.inside,
        };
        Path::new(inside) == Path::new("/tmp")
    });
    (!given).then(|| Scratch {
        inside: "/tmp".into(),
        mb: 64,
        inodes: 10_000,
    })
}

fn write_files(new_root: &Path) -> io::Result<()> {
    for folder in ["dev", "etc", "proc"] {
        fs::create_dir(new_root.join(folder))?;
    }
    for (path, text) in WRITTEN {
        fs::write(within(new_root, path.as_ref()), text)?;
    }
    for path in SYSTEM.iter().map(Path::new) {
        if let Ok(target) = fs::read_link(path) {
            symlink(target, within(new_root, path.as_os_str()))?;
        }
    }
    Ok(())
}

fn add_scratch(new_root: &Path, scratch: &Scratch, root: &mut Root) -> Step<()> {
    let place = within(new_root, &scratch.inside);
    mount_point(&place, Kind::Folder, 0o755).map_err(|e| host(Path::new(&scratch.inside), &e))?;
    let options = format!(
        "size={}m,nr_inodes={},mode=1777",
        scratch.mb, scratch.inodes
    );
    tmpfs(&place, &options).map_err(failed("no scratch file system"))?;
    root.writable.push(PathBuf::from(&scratch.inside));
    root.scratch.push(PathBuf::from(&scratch.inside));
    Ok(())
}

fn add_shown(new_root: &Path, shown: &Shown, root: &mut Root) -> Step<()> {
    let inside = PathBuf::from(&shown.bind.inside);
    let place = within(new_root, &shown.bind.inside);
    let kind = shown.kind;
    if let Access::Copy { mb, inodes } = shown.bind.access {
        let scratch = Scratch {
            inside: shown.bind.inside.clone(),
            mb,
            inodes,
        };
        add_scratch(new_root, &scratch, root)?;
        return copy(&shown.from, &place)
            .map_err(|error| host(Path::new(&shown.bind.host), &error));
    }
    let parents = if shown.bind.listed { 0o755 } else { 0o111 };
    mount_point(&place, kind, parents).map_err(|error| host(&inside, &error))?;
    let mode = if shown.bind.access == Access::Write {
        MountMode::Writable
    } else {
        MountMode::ReadOnly
    };
    let restricted = (kind != Kind::Device).then_some(mode);
    bind(&shown.from, &place, restricted)
        .map_err(|error| host(Path::new(&shown.bind.host), &error))?;
    if kind == Kind::Device {
        root.devices.push(inside);
    } else if mode == MountMode::Writable {
        root.writable.push(inside);
    } else {
        root.readable.push(inside);
    }
    Ok(())
}

/// A process list of the sandbox's own processes and nothing else of what procfs tells. Kernels
/// before 5.8 cannot restrict it and some containers do not let it be mounted: then there is none.
fn add_procfs(new_root: &Path) -> Step<bool> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    let options = "subset=pid,hidepid=invisible";
    match mount(
        Some("proc"),
        &new_root.join("proc"),
        Some("proc"),
        flags,
        Some(options),
    ) {
        Ok(()) => Ok(true),
        Err(Errno::EPERM | Errno::EINVAL | Errno::EACCES) => Ok(false),
        Err(error) => Err(failed("no process list")(error)),
    }
}

fn enter(new_root: &Path) -> nix::Result<()> {
    std::env::set_current_dir(new_root).map_err(|_| Errno::last())?;
    // The old root is put under the new one at the same place, and let go from there.
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    std::env::set_current_dir("/").map_err(|_| Errno::last())?;
    let flags = MsFlags::MS_REMOUNT
        | MsFlags::MS_BIND
        | MsFlags::MS_RDONLY
        | MsFlags::MS_NOSUID
        | MsFlags::MS_NODEV;
    mount(none(), "/", none(), flags, none())
}

/// Mounts what is at `from` at `place` as well. Where a mode is asked for it holds for all mounts
/// below, or the kernel is too old for that and only the one mount is shown.
fn bind(from: &Path, place: &Path, mode: Option<MountMode>) -> io::Result<()> {
    let recursive = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(from), place, none(), recursive, none())?;
    let Some(mode) = mode else { return Ok(()) };
    let error = match calls::restrict_mounts(place, mode) {
        Ok(()) => return Ok(()),
        Err(error) => error,
    };
    if error.raw_os_error() != Some(libc::ENOSYS) {
        return Err(error);
    }
    umount2(place, MntFlags::MNT_DETACH)?;
    mount(Some(from), place, none(), MsFlags::MS_BIND, none())?;
    let mut flags = MsFlags::MS_REMOUNT
        | MsFlags::MS_BIND
        | MsFlags::MS_NOSUID
        | MsFlags::MS_NODEV
        | inherited(place)?;
    if mode == MountMode::ReadOnly {
        flags |= MsFlags::MS_RDONLY;
    }
    mount(none(), place, none(), flags, none())?;
    Ok(())
}

/// Flags that an unprivileged user may not take away from a mount and must name again.
fn inherited(place: &Path) -> io::Result<MsFlags> {
    let has = statvfs(place)?.flags();
    let pairs = [
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
    ];
    let flags = pairs
        .iter()
        .filter(|(of_file_system, _)| has.contains(*of_file_system));
    Ok(flags.map(|(_, of_mount)| *of_mount).collect())
}

fn tmpfs(place: &Path, options: &str) -> nix::Result<()> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), place, Some("tmpfs"), flags, Some(options))
}

/// Makes a file or folder to mount on, unless it is there, with the folders on the way.
fn mount_point(place: &Path, kind: Kind, parents: u32) -> io::Result<()> {
    if let Some(parent) = place.parent().filter(|parent| !parent.exists()) {
        // Made with all rights of its owner and cut down after, top last.
        let mut made: Vec<&Path> = parent
            .ancestors()
            .take_while(|path| !path.exists())
            .collect();
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(parent)?;
        made.sort();
        for folder in made {
            fs::set_permissions(folder, fs::Permissions::from_mode(parents))?;
        }
    }
    if place.exists() {
        return Ok(());
    }
    if kind == Kind::Folder {
        DirBuilder::new().mode(0o755).create(place)
    } else {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o644);
        options.open(place).map(drop)
    }
}

/// Copies a tree of folders, files and links; links lead to whatever has their name inside.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    // The trailing point follows the link by which an open folder is named.
    let mut pending = vec![(from.join("."), to.to_owned())];
    while let Some((from, to)) = pending.pop() {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                DirBuilder::new().mode(0o755).create(&target)?;
                pending.push((entry.path(), target));
            } else if kind.is_symlink() {
                symlink(fs::read_link(entry.path())?, &target)?;
            } else if kind.is_file() {
                fs::copy(entry.path(), &target)?;
            } else {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
        }
    }
    Ok(())
}

/// A path inside, as it is while the root is built.
fn within(new_root: &Path, inside: &OsStr) -> PathBuf {
    let inside = Path::new(inside);
    new_root.join(inside.strip_prefix("/").unwrap_or(inside))
}

fn host(path: &Path, error: &io::Error) -> Stop {
    Stop(Event::Host {
        path: path.as_os_str().to_owned(),
        errno: error.raw_os_error().unwrap_or(libc::EIO),
    })
}

const fn none() -> Option<&'static str> {
    None
}
