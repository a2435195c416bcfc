//! Names of builtins with a meaning of their own, by language: what each does is in
//! [`super::library`], [`super::go`] and [`super::java`].

use trueline_syntax::ir::Language;

/// Builtins with a meaning of their own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Special {
    /// `os.path.join`, `path.join`: an absolute later part replaces the earlier ones.
    JoinPath,
    /// `os.path.realpath`, `path.resolve`: the first argument, or the receiver, without `..`.
    Normalise,
    /// `str`, `String`: the same text.
    SameText,
    /// `urlparse`, `new URL`.
    ParseUrl,
    /// `urlunsplit`: an address of its parts, the host the second.
    JoinUrl,
    /// `re.compile`, `new RegExp`.
    Pattern,
    /// `list`, `set`, `new Set`: the elements of another container.
    CopyElements,
    /// `dict`, `new Map`.
    CopyEntries,
    /// `Object.keys`.
    Keys,
    /// `Object.assign`.
    Assign,
    /// `getattr(object, "name")`.
    GetAttribute,
    /// `flask.make_response`: the body, apart from its headers.
    FirstOfTuple,
    /// `Promise.resolve`, `structuredClone`: what it is given, as it is.
    Identity,
    /// `Promise.race`: one of the elements.
    AnyElement,
    /// `Object.entries`.
    Entries,
    /// `enumerate`: pairs of a number and an element.
    Numbered,
    /// `Object.fromEntries`, `new Map`: a map of a list of pairs.
    FromEntries,
    /// `z.object`: a schema of a validator.
    Schema,
    /// `path.relative(base, path)`.
    RelativePath,
    /// `JSON.stringify`: text that `JSON.parse` turns back.
    ToJson,
    FromJson,
    /// `append`.
    Append,
    /// `fmt.Sprintf`.
    Sprintf,
    /// `fmt.Fprintf`, `io.WriteString`: text to the writer that comes first.
    Write,
    /// `strings.Join`.
    JoinText,
    /// `strings.ReplaceAll`.
    ReplaceText,
    /// `filepath.Rel`: the second argument, as seen from the first.
    PathFrom,
    /// `url.String()`.
    UrlText,
    /// `url.Hostname()`.
    UrlHostText,
    /// `w.Header().Set`.
    SetHeader,
    /// `List.of`: a list of the arguments.
    ListOf,
    /// `Map.of`.
    MapOf,
    /// `new StringBuilder`.
    Builder,
    /// `String.format`.
    Format,
    /// YAML in Java: what it makes of a document is up to the constructor that it is given.
    Yaml,
    /// `file.toPath()`: the same place as the receiver, in another class.
    SamePlace,
    /// `urllib.request.Request`: an address; what is sent there says nothing about where it is.
    AskedAddress,
    /// `re.sub`: text without what the pattern finds.
    Substitute,
    /// `useMemo`: what its function gives.
    Computed,
    /// `new Promise`: what its function settles it with.
    Promise,
    /// `text(stream)`: all that a stream gives.
    ReadWhole,
}

impl Special {
    /// The meaning of a path.
    pub(super) fn of(language: Language, path: &str) -> Option<Self> {
        match language {
            Language::Python => Some(match path {
                "os.path.join"
                | "posixpath.join"
                | "ntpath.join"
                | "pathlib.Path"
                | "pathlib.PurePath"
                | "pathlib.Path.joinpath" => Self::JoinPath,
                "os.path.realpath"
                | "os.path.abspath"
                | "os.path.normpath"
                | "pathlib.Path.resolve" => Self::Normalise,
                "pathlib.Path.absolute" | "pathlib.Path.expanduser" => Self::SamePlace,
                "str" | "pathlib.Path.as_posix" | "os.fspath" | "os.path.expanduser" => {
                    Self::SameText
                }
                "urllib.parse.urlparse" | "urllib.parse.urlsplit" => Self::ParseUrl,
                "urllib.parse.urlunparse" | "urllib.parse.urlunsplit" => Self::JoinUrl,
                "re.compile" => Self::Pattern,
                "re.sub" => Self::Substitute,
                "urllib.request.Request" => Self::AskedAddress,
                "list" | "tuple" | "set" | "frozenset" | "sorted" | "reversed" => {
                    Self::CopyElements
                }
                "dict" | "collections.OrderedDict" => Self::CopyEntries,
                "enumerate" => Self::Numbered,
                "getattr" => Self::GetAttribute,
                "flask.make_response" => Self::FirstOfTuple,
                _ => return None,
            }),
            Language::Java => super::java::special(path),
            Language::JavaScript | Language::TypeScript => Some(match path {
                "path.join" | "path.posix.join" => Self::JoinPath,
                "path.resolve" | "path.normalize" | "fs.realpathSync" | "fs.realpath" => {
                    Self::Normalise
                }
                "String" | "decodeURI" | "Object.freeze" => Self::SameText,
                "URL" | "url.parse" | "url.URL" => Self::ParseUrl,
                "RegExp" => Self::Pattern,
                "Set" | "WeakSet" | "Array.from" | "Object.values" => Self::CopyElements,
                "Map" | "WeakMap" | "Object.fromEntries" => Self::FromEntries,
                "util.promisify"
                | "util.default.promisify"
                | "util.callbackify"
                | "Promise.resolve"
                | "Promise.reject"
                | "Promise.all"
                | "structuredClone"
                | "Proxy"
                | "react.useCallback"
                | "react.default.useCallback" => Self::Identity,
                "react.useMemo" | "react.default.useMemo" => Self::Computed,
                "stream/consumers.text"
                | "stream/consumers.json"
                | "stream/consumers.buffer"
                | "stream/consumers.arrayBuffer"
                | "raw-body"
                | "co-body"
                | "co-body.json"
                | "co-body.form"
                | "co-body.text"
                | "get-stream" => Self::ReadWhole,
                "Promise" => Self::Promise,
                "Promise.race" | "Promise.any" => Self::AnyElement,
                "Object.entries" => Self::Entries,
                "Reflect.get" => Self::GetAttribute,
                "zod.z.object" | "zod.object" | "zod.z.strictObject" | "joi.object"
                | "yup.object" | "yup.object.shape" | "zod/v4.z.object" => Self::Schema,
                "path.relative" => Self::RelativePath,
                "JSON.stringify" => Self::ToJson,
                "JSON.parse" => Self::FromJson,
                "Object.keys" => Self::Keys,
                "Object.assign" => Self::Assign,
                _ => return None,
            }),
            Language::Go => Self::of_go(path),
        }
    }
}

impl Special {
    /// The meaning of a path of Go.
    fn of_go(path: &str) -> Option<Self> {
        Some(match path {
            "path/filepath.Join" | "path.Join" => Self::JoinPath,
            "path/filepath.Clean"
            | "path/filepath.Abs"
            | "path/filepath.EvalSymlinks"
            | "path.Clean" => Self::Normalise,
            "strings.TrimSpace"
            | "strings.ToLower"
            | "strings.ToUpper"
            | "bytes.TrimSpace"
            | "path/filepath.FromSlash"
            | "path/filepath.ToSlash" => Self::SameText,
            "net/url.Parse" | "net/url.ParseRequestURI" => Self::ParseUrl,
            "regexp.MustCompile" | "regexp.Compile" => Self::Pattern,
            "slices.Clone" | "slices.Sorted" | "slices.Collect" => Self::CopyElements,
            "maps.Clone" => Self::CopyEntries,
            "maps.Keys" => Self::Keys,
            "append" => Self::Append,
            "github.com/jmoiron/sqlx.In" | "github.com/jmoiron/sqlx.Named" => Self::Identity,
            "fmt.Sprintf" => Self::Sprintf,
            "fmt.Fprintf" | "fmt.Fprint" | "fmt.Fprintln" | "io.WriteString" => Self::Write,
            "strings.Join" => Self::JoinText,
            "strings.ReplaceAll" | "strings.Replace" => Self::ReplaceText,
            "path/filepath.Rel" => Self::PathFrom,
            "net/url.Parse.String" | "net/url.ParseRequestURI.String" => Self::UrlText,
            "net/url.Parse.Hostname" | "net/url.ParseRequestURI.Hostname" => Self::UrlHostText,
            "net/http.ResponseWriter.Header.Set" | "net/http.ResponseWriter.Header.Add" => {
                Self::SetHeader
            }
            _ => return None,
        })
    }
}
