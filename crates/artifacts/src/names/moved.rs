//! Where a name leads that is another's: through modules that import others, `six`, and the names of Python 2.

use super::NAMES;

/// Follows a name through a harmless module to where it leads: (`torch`, `os.system`) is (`os`, `system`).
pub(crate) fn resolve(module: &str, name: &str) -> (String, String) {
    // `six` gives modules and functions under the names they had in Python 2, also where it is vendored.
    if module.contains("six") || name.contains("six") {
        let whole = format!("{module}.{name}");
        let moved = whole
            .strip_prefix("six.moves.")
            .or_else(|| whole.split_once(".six.moves.").map(|(_, moved)| moved));
        if let Some(moved) = moved {
            return of_six(moved);
        }
    }
    let parts: Vec<&str> = name.split('.').collect();
    let alias = parts.iter().rposition(|part| NAMES.aliases.contains(*part));
    match alias {
        Some(at) if parts[at] != module => {
            let module = canonical_module(parts[at].trim_start_matches('_'));
            (module.to_owned(), parts[at + 1..].join("."))
        }
        _ => (module.to_owned(), name.to_owned()),
    }
}

/// The type that `dill` calls so: most are those of `types` or built in, and some are of elsewhere.
pub(crate) fn of_dill(name: &str) -> (&str, &str) {
    match name {
        "PartialType" => ("functools", "partial"),
        "ItemGetterType" => ("operator", "itemgetter"),
        "AttrGetterType" => ("operator", "attrgetter"),
        "FileType" => ("io", "FileIO"),
        "BufferedRandomType" | "PyBufferedRandomType" => ("io", "BufferedRandom"),
        "BufferedReaderType" | "PyBufferedReaderType" => ("io", "BufferedReader"),
        "BufferedWriterType" | "PyBufferedWriterType" => ("io", "BufferedWriter"),
        "TextWrapperType" | "PyTextWrapperType" => ("io", "TextIOWrapper"),
        "ExitType" => ("_sitebuiltins", "Quitter"),
        "SuperType" => ("builtins", "super"),
        "IOError" | "EnvironmentError" => ("builtins", "OSError"),
        other if other.ends_with("Type") => ("types", other),
        other => ("builtins", other),
    }
}

/// What `six.moves` calls so.
fn of_six(moved: &str) -> (String, String) {
    let pair = match moved {
        "getoutput" | "getstatusoutput" => ("subprocess", moved),
        "reload_module" => ("importlib", "reload"),
        "reduce" => ("functools", "reduce"),
        "input" => ("builtins", "input"),
        "intern" => ("sys", "intern"),
        "range" | "xrange" | "zip" | "map" | "filter" => {
            ("builtins", moved.trim_start_matches('x'))
        }
        "shlex_quote" => ("shlex", "quote"),
        "getcwd" | "getcwdb" => ("os", moved),
        _ => {
            let (module, name) = moved.rsplit_once('.').unwrap_or((moved, ""));
            let module = match module {
                "cPickle" => "pickle",
                "http_client" => "http.client",
                "http_cookies" => "http.cookies",
                "http_cookiejar" => "http.cookiejar",
                "queue" => "queue",
                "socketserver" => "socketserver",
                "tkinter" => "tkinter",
                "xmlrpc_client" => "xmlrpc.client",
                "xmlrpc_server" => "xmlrpc.server",
                other => canonical_module(other),
            };
            return (module.to_owned(), name.to_owned());
        }
    };
    (pair.0.to_owned(), pair.1.to_owned())
}

/// Python 2 names that loaders translate when the protocol is below 3.
pub(crate) fn canonical_module(module: &str) -> &str {
    match module {
        "__builtin__" | "exceptions" => "builtins",
        "commands" => "subprocess",
        "copy_reg" => "copyreg",
        "cPickle" => "pickle",
        "StringIO" | "cStringIO" => "io",
        "Queue" => "queue",
        "ConfigParser" => "configparser",
        "SocketServer" => "socketserver",
        "thread" => "_thread",
        "dummy_thread" => "_dummy_thread",
        "urllib2" | "urllib" => "urllib.request",
        "urlparse" => "urllib.parse",
        "httplib" => "http.client",
        "Cookie" => "http.cookies",
        "cookielib" => "http.cookiejar",
        "BaseHTTPServer" | "SimpleHTTPServer" | "CGIHTTPServer" => "http.server",
        "xmlrpclib" => "xmlrpc.client",
        "Tkinter" => "tkinter",
        "anydbm" | "whichdb" | "dbhash" | "gdbm" => "dbm",
        "UserDict" | "UserList" | "UserString" => "collections",
        "itertools" | "markupbase" | "repr" | "robotparser" | "_winreg" => module,
        "__main__" => "__main__",
        other => other,
    }
}

/// The pair that a loader of the protocol looks up.
pub(crate) fn canonical(module: &str, name: &str, protocol: u8) -> (String, String) {
    if protocol >= 3 {
        return (module.to_owned(), name.to_owned());
    }
    let pair = match (module, name) {
        ("__builtin__", "reduce") => ("functools", "reduce"),
        ("__builtin__", "xrange") => ("builtins", "range"),
        ("__builtin__", "intern") => ("sys", "intern"),
        ("__builtin__", "unichr") => ("builtins", "chr"),
        ("__builtin__", "basestring" | "unicode") => ("builtins", "str"),
        ("__builtin__", "long") => ("builtins", "int"),
        ("itertools", "izip") => ("builtins", "zip"),
        ("itertools", "imap") => ("builtins", "map"),
        ("itertools", "ifilter") => ("builtins", "filter"),
        ("os", "getcwdu") => ("os", "getcwd"),
        ("itertools", "ifilterfalse") => ("itertools", "filterfalse"),
        ("itertools", "izip_longest") => ("itertools", "zip_longest"),
        ("UserDict", "IterableUserDict") => ("collections", "UserDict"),
        ("urllib", "quote" | "quote_plus" | "unquote" | "unquote_plus" | "urlencode") => {
            ("urllib.parse", name)
        }
        ("urllib", "ContentTooShortError") | ("urllib2", "HTTPError" | "URLError") => {
            ("urllib.error", name)
        }
        ("exceptions", "StandardError") => ("builtins", "Exception"),
        _ => (canonical_module(module), name),
    };
    (pair.0.to_owned(), pair.1.to_owned())
}
