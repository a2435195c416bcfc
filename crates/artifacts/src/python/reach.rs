//! What the functions that code names do: those that no model needs, wherever they stand, and those that only tell
//! something where they run as soon as the code is imported.

/// When a call says something of the code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When {
    /// Wherever it stands; worse where an import runs it.
    Always,
    /// Where an import runs it: functions of models fetch and write files.
    AtImport,
}

/// What a function does to the outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reach {
    pub(super) does: &'static str,
    pub(super) when: When,
}

const PROGRAMS: &str = "starts programs";
const CODE: &str = "runs text or bytes as code";
const NETWORK: &str = "talks to the network";
const NATIVE: &str = "calls native code";
const INTERPRETER: &str = "reaches into the interpreter";
pub(super) const COMPUTED: &str = "calls what a computed name stands for";

/// Modules all of whose functions reach outside; what of them does not is in [`is_harmless`].
const MODULES: &[(&str, &str)] = &[
    ("subprocess", PROGRAMS),
    ("commands", PROGRAMS),
    ("popen2", PROGRAMS),
    ("pty", PROGRAMS),
    ("pexpect", PROGRAMS),
    ("plumbum", PROGRAMS),
    ("runpy", CODE),
    ("code", CODE),
    ("codeop", CODE),
    ("urllib.request", NETWORK),
    ("http.client", NETWORK),
    ("xmlrpc.client", NETWORK),
    ("ftplib", NETWORK),
    ("smtplib", NETWORK),
    ("telnetlib", NETWORK),
    ("paramiko", NETWORK),
    ("dns.resolver", NETWORK),
    ("websocket", NETWORK),
    ("websockets", NETWORK),
    ("ctypes", NATIVE),
    ("cffi", NATIVE),
    ("pip", "installs packages"),
    ("ensurepip", "installs packages"),
    ("torch.utils.cpp_extension", "compiles and runs native code"),
    ("torch.package", CODE),
    ("webbrowser", "opens addresses"),
];

/// Functions by their full names.
const FUNCTIONS: &[(&str, &str, &[&str])] = &[
    (
        "os",
        PROGRAMS,
        &[
            "system",
            "popen",
            "execl",
            "execle",
            "execlp",
            "execlpe",
            "execv",
            "execve",
            "execvp",
            "execvpe",
            "spawnl",
            "spawnle",
            "spawnlp",
            "spawnlpe",
            "spawnv",
            "spawnve",
            "spawnvp",
            "spawnvpe",
            "posix_spawn",
            "posix_spawnp",
            "fork",
            "forkpty",
            "startfile",
            "dup2",
        ],
    ),
    (
        "asyncio",
        PROGRAMS,
        &["create_subprocess_shell", "create_subprocess_exec"],
    ),
    ("builtins", CODE, &["exec", "eval", "compile", "execfile"]),
    ("builtins", "imports what a text names", &["__import__"]),
    (
        "marshal",
        "runs code that is kept as bytes",
        &["loads", "load"],
    ),
    ("types", CODE, &["FunctionType", "CodeType"]),
    ("pickle", "loads a pickle", &["loads", "Unpickler"]),
    ("dill", "loads a pickle", &["loads"]),
    ("cloudpickle", "loads a pickle", &["loads"]),
    ("_pickle", "loads a pickle", &["loads", "Unpickler"]),
    (
        "importlib.machinery",
        "runs a file as code",
        &[
            "SourceFileLoader",
            "SourcelessFileLoader",
            "ExtensionFileLoader",
        ],
    ),
    (
        "importlib.util",
        "runs a file as code",
        &["spec_from_file_location"],
    ),
    (
        "importlib.metadata",
        "imports what a text names",
        &["EntryPoint"],
    ),
    (
        "importlib_metadata",
        "imports what a text names",
        &["EntryPoint"],
    ),
    (
        "pkg_resources",
        "imports what a text names",
        &["EntryPoint"],
    ),
    (
        "imp",
        "runs a file as code",
        &["load_source", "load_compiled", "load_dynamic"],
    ),
    ("pydoc", "imports what a text names", &["locate"]),
    ("pkgutil", "imports what a text names", &["resolve_name"]),
    ("zipimport", "runs a file as code", &["zipimporter"]),
    (
        "socket",
        NETWORK,
        &[
            "socket",
            "create_connection",
            "create_server",
            "gethostbyname",
            "gethostbyname_ex",
            "gethostbyaddr",
            "getaddrinfo",
            "fromfd",
            "socketpair",
        ],
    ),
    ("asyncio", NETWORK, &["open_connection", "start_server"]),
    ("urllib", NETWORK, &["urlopen", "urlretrieve"]),
    ("shutil", "removes files", &["rmtree"]),
    ("torch.hub", "fetches and runs code", &["load"]),
    ("torch.ops", NATIVE, &["load_library"]),
    ("torch.classes", NATIVE, &["load_library"]),
    ("tensorflow", NATIVE, &["load_library", "load_op_library"]),
    ("numpy.ctypeslib", NATIVE, &["load_library"]),
    (
        "sys",
        INTERPRETER,
        &["settrace", "setprofile", "addaudithook"],
    ),
    ("threading", INTERPRETER, &["settrace", "setprofile"]),
];

/// What only tells something where an import runs it.
const AT_IMPORT: &[(&str, &str)] = &[
    ("requests", NETWORK),
    ("httpx", NETWORK),
    ("aiohttp", NETWORK),
    ("urllib3", NETWORK),
    ("boto3", NETWORK),
    ("huggingface_hub", NETWORK),
    ("torch.hub", NETWORK),
    ("torch.utils.model_zoo", NETWORK),
    ("wget", NETWORK),
    ("gdown", NETWORK),
    ("os.remove", "removes files"),
    ("os.unlink", "removes files"),
    ("os.rmdir", "removes files"),
    ("os.removedirs", "removes files"),
    ("os.chmod", "changes files"),
    ("os.symlink", "changes files"),
    ("os.kill", "ends programs"),
];

/// Methods that reach outside whatever they are methods of, when they are called.
const METHODS: &[(&str, &str)] = &[
    ("system", PROGRAMS),
    ("popen", PROGRAMS),
    ("Popen", PROGRAMS),
    ("execv", PROGRAMS),
    ("execve", PROGRAMS),
    ("execvp", PROGRAMS),
    ("spawnv", PROGRAMS),
    ("check_output", PROGRAMS),
    ("getoutput", PROGRAMS),
    ("getstatusoutput", PROGRAMS),
    ("subprocess_shell", PROGRAMS),
    ("subprocess_exec", PROGRAMS),
    ("create_subprocess_shell", PROGRAMS),
    ("create_subprocess_exec", PROGRAMS),
    ("exec_module", "runs a file as code"),
    ("load_module", "runs a file as code"),
    ("LoadLibrary", NATIVE),
    ("upload_folder", "sends files to the network"),
    ("upload_file", "sends files to the network"),
    ("upload_large_folder", "sends files to the network"),
    ("urlopen", NETWORK),
    ("urlretrieve", NETWORK),
    ("__import__", "imports what a text names"),
];

/// Modules that other modules hand on: `torch.os.system`.
pub(super) const CORE: &[&str] = &[
    "os",
    "subprocess",
    "sys",
    "builtins",
    "importlib",
    "ctypes",
    "socket",
    "shutil",
    "pty",
    "runpy",
    "marshal",
    "pickle",
];

/// The name as its own module has it.
pub(super) fn canonical(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('.') {
        match part {
            // The names of a module are its attributes.
            "__dict__" => {}
            "posix" | "nt" if parts.is_empty() => parts.push("os"),
            "__builtin__" | "__builtins__" => {
                parts.clear();
                parts.push("builtins");
            }
            _ => {
                if parts == ["sys", "modules"]
                    && !matches!(
                        part,
                        "?" | "get"
                            | "pop"
                            | "items"
                            | "keys"
                            | "values"
                            | "setdefault"
                            | "update"
                            | "copy"
                            | "__getitem__"
                    )
                {
                    parts.clear();
                }
                parts.push(if matches!(part, "posix" | "nt") && parts.is_empty() {
                    "os"
                } else {
                    part
                });
            }
        }
    }
    // What a library imported is the module that it is called; what follows is of that module, as in `socket.socket`.
    let inner = 1..parts.len().saturating_sub(1).max(1);
    if let Some(at) = parts
        .get(inner)
        .and_then(|inner| inner.iter().rposition(|part| CORE.contains(part)))
    {
        parts.drain(..=at);
    }
    if parts.first() == Some(&"multiprocess") {
        parts[0] = "multiprocessing";
    }
    parts.join(".")
}

/// Constants, types and exceptions of modules that otherwise reach outside.
fn is_harmless(module: &str, rest: &str) -> bool {
    let first = rest.split('.').next().unwrap_or_default();
    let is_constant = first
        .bytes()
        .all(|b| b.is_ascii_uppercase() || matches!(b, b'_' | b'0'..=b'9'));
    let is_exception = [
        "Error",
        "Expired",
        "Exception",
        "Warning",
        "error",
        "timeout",
    ]
    .iter()
    .any(|end| first.ends_with(end));
    let is_type = match module {
        "ctypes" => {
            first.starts_with("c_")
                || matches!(
                    first,
                    "util" | "sizeof" | "Structure" | "Union" | "wintypes" | "Array"
                )
        }
        "subprocess" => matches!(first, "CompletedProcess" | "list2cmdline"),
        "torch.package" => first == "PackageExporter",
        "torch.utils.cpp_extension" => {
            matches!(
                first,
                "CUDAExtension"
                    | "CppExtension"
                    | "BuildExtension"
                    | "include_paths"
                    | "library_paths"
            ) || rest.is_empty()
        }
        "pip" => matches!(first, "__version__"),
        _ => false,
    };
    (is_constant && module != "ctypes") || is_exception || is_type || rest.is_empty()
}

fn below<'n>(name: &'n str, module: &str) -> Option<&'n str> {
    let rest = name.strip_prefix(module)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('.')
}

/// What a name of a module does when it is called.
pub(super) fn of(name: &str) -> Option<Reach> {
    let always = |does| {
        Some(Reach {
            does,
            when: When::Always,
        })
    };
    for (module, does, functions) in FUNCTIONS {
        if let Some(rest) = below(name, module)
            && functions.contains(&rest.split('.').next().unwrap_or_default())
        {
            return always(does);
        }
    }
    for (module, does) in MODULES {
        if let Some(rest) = below(name, module) {
            return if is_harmless(module, rest) {
                None
            } else {
                always(does)
            };
        }
    }
    // A computed name of a module that reaches outside.
    if let Some(module) = name.strip_suffix(".?")
        && CORE.contains(&module)
        && !matches!(module, "pickle" | "sys")
    {
        return always(COMPUTED);
    }
    if ["__globals__", "__subclasses__", "__builtins__"]
        .iter()
        .any(|part| name.split('.').any(|p| p == *part))
    {
        return always(INTERPRETER);
    }
    AT_IMPORT.iter().find_map(|(module, does)| {
        let rest = below(name, module)?;
        let is_idle = rest.split('.').any(|part| {
            matches!(
                part,
                "exceptions"
                    | "adapters"
                    | "utils"
                    | "constants"
                    | "logging"
                    | "errors"
                    | "packages"
                    | "Retry"
                    | "Session"
                    | "set_dir"
                    | "get_dir"
                    | "list"
            ) || part.ends_with("Error")
                || part.ends_with("Warning")
                || part.ends_with("Timeout")
                || part.ends_with("Mixin")
        });
        // Making an object of a class says nothing yet.
        let is_class = rest
            .rsplit('.')
            .next()
            .is_some_and(|last| last.starts_with(char::is_uppercase));
        let is_idle = is_idle || is_class;
        let is_called = !rest.is_empty() || module.starts_with("os.");
        (is_called && !is_idle).then_some(Reach {
            does,
            when: When::AtImport,
        })
    })
}

/// What a method of that name does, of whatever it is one.
pub(super) fn of_method(name: &str) -> Option<&'static str> {
    METHODS
        .iter()
        .find(|(method, _)| *method == name)
        .map(|(_, does)| *does)
}

/// An attribute that leads into the interpreter, called or not.
pub(super) fn of_attribute(name: &str) -> Option<&'static str> {
    matches!(name, "__globals__" | "__subclasses__" | "__builtins__").then_some(INTERPRETER)
}

/// A place of a machine where keys are kept, or that later runs what is written there.
pub(super) fn is_sensitive(text: &str) -> bool {
    const PLACES: &[&str] = &[
        "authorized_keys",
        "/etc/passwd",
        "/etc/shadow",
        "/etc/cron",
        "/etc/sudoers",
        "/etc/ld.so",
        ".aws/credentials",
        ".bashrc",
        ".bash_profile",
        ".zshrc",
        ".profile",
        ".netrc",
        "id_rsa",
        "id_ed25519",
        ".kube/config",
        ".docker/config.json",
        ".git-credentials",
        ".pypirc",
        ".npmrc",
        "huggingface/token",
        "/var/spool/cron",
        ".config/autostart",
        "LaunchAgents",
        "sitecustomize.py",
        "usercustomize.py",
        ".ssh/",
    ];
    let is_path = text.len() <= 300 && !text.contains(char::is_whitespace);
    is_path
        && (text == ".ssh"
            || text.ends_with("/.ssh")
            || PLACES.iter().any(|place| text.contains(place)))
}

/// A variable of the environment that changes what other programs load, or whom they talk to.
pub(super) fn steers(variable: &str) -> bool {
    matches!(
        variable,
        "LD_PRELOAD"
            | "LD_LIBRARY_PATH"
            | "LD_AUDIT"
            | "DYLD_INSERT_LIBRARIES"
            | "PATH"
            | "PYTHONPATH"
            | "PYTHONSTARTUP"
            | "PYTHONHOME"
            | "PYTHONWARNINGS"
            | "BASH_ENV"
            | "HF_ENDPOINT"
            | "PIP_INDEX_URL"
            | "PIP_EXTRA_INDEX_URL"
            | "UV_INDEX_URL"
            | "HTTP_PROXY"
            | "HTTPS_PROXY"
            | "http_proxy"
            | "https_proxy"
            | "ALL_PROXY"
            | "SSL_CERT_FILE"
            | "REQUESTS_CA_BUNDLE"
            | "CURL_CA_BUNDLE"
            | "HF_HUB_DISABLE_SSL_VERIFY"
            | "GIT_SSH_COMMAND"
            | "BROWSER"
            | "PAGER"
            | "EDITOR"
    )
}
