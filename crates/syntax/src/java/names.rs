//! What names mean: types by imports, by the file itself and by `java.lang`; values by scope, by the
//! fields of the classes around, and as types.

use rustc_hash::FxHashMap;
use tree_sitter::Node;

use super::{Lowering, span};
use crate::ir::{Op, Operand, Span, Symbol, Var, VarHome};

/// The imports of a file.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// Full names of types by simple name.
    types: FxHashMap<String, String>,
    /// Classes by the name of the member that is imported statically.
    members: FxHashMap<String, String>,
    /// Packages of which everything is imported.
    packages: Vec<String>,
    /// Classes of which everything is imported statically.
    open_classes: Vec<String>,
}

/// A type that the file declares.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnType {
    /// Its variable in the module body.
    pub(super) name: Symbol,
    pub(super) is_enum: bool,
}

/// Containers of the JDK that hold elements of the type that is written behind them.
const CONTAINERS: &[&str] = &[
    "Collection",
    "Iterable",
    "List",
    "ArrayList",
    "LinkedList",
    "Set",
    "HashSet",
    "LinkedHashSet",
    "SortedSet",
    "TreeSet",
    "Queue",
    "Deque",
    "Stream",
    "Optional",
];

/// Types whose text is a number, a date, a truth or an identifier of a fixed form. Characters and bytes
/// are parts of text.
const NUMBERS: &[&str] = &[
    "int",
    "long",
    "short",
    "float",
    "double",
    "boolean",
    "Integer",
    "Long",
    "Short",
    "Float",
    "Double",
    "Boolean",
    "Number",
    "BigInteger",
    "BigDecimal",
    "UUID",
    "LocalDate",
    "LocalTime",
    "LocalDateTime",
    "OffsetDateTime",
    "ZonedDateTime",
    "Instant",
    "Duration",
];

/// Types that programs use without saying where they come from: `java.lang`, and those of packages that
/// are commonly imported as a whole. From the documentation of Java SE and Jakarta EE.
const PACKAGES: &[(&str, &[&str])] = &[
    (
        "java.lang",
        &[
            "String",
            "StringBuilder",
            "StringBuffer",
            "Object",
            "Integer",
            "Long",
            "Short",
            "Byte",
            "Boolean",
            "Character",
            "Double",
            "Float",
            "Math",
            "System",
            "Runtime",
            "Process",
            "ProcessBuilder",
            "Thread",
            "Runnable",
            "Class",
            "ClassLoader",
            "Enum",
            "Iterable",
            "CharSequence",
            "Number",
            "Exception",
            "RuntimeException",
            "Throwable",
            "IllegalArgumentException",
            "IllegalStateException",
            "SecurityException",
            "NumberFormatException",
        ],
    ),
    (
        "java.io",
        &[
            "File",
            "FileInputStream",
            "FileOutputStream",
            "FileReader",
            "FileWriter",
            "InputStream",
            "OutputStream",
            "BufferedReader",
            "BufferedWriter",
            "InputStreamReader",
            "OutputStreamWriter",
            "PrintWriter",
            "PrintStream",
            "ObjectInputStream",
            "ObjectOutputStream",
            "ByteArrayInputStream",
            "ByteArrayOutputStream",
            "RandomAccessFile",
            "IOException",
            "Reader",
            "Writer",
            "StringReader",
            "StringWriter",
            "Serializable",
        ],
    ),
    (
        "java.util",
        &[
            "List",
            "ArrayList",
            "LinkedList",
            "Map",
            "HashMap",
            "LinkedHashMap",
            "TreeMap",
            "Hashtable",
            "Set",
            "HashSet",
            "TreeSet",
            "Collection",
            "Collections",
            "Arrays",
            "Iterator",
            "Enumeration",
            "Vector",
            "Stack",
            "Queue",
            "Deque",
            "ArrayDeque",
            "Optional",
            "Random",
            "UUID",
            "Scanner",
            "Properties",
            "Date",
            "Locale",
            "Base64",
            "Objects",
            "StringTokenizer",
            "StringJoiner",
            "Calendar",
        ],
    ),
    (
        "java.sql",
        &[
            "Connection",
            "Statement",
            "PreparedStatement",
            "CallableStatement",
            "ResultSet",
            "DriverManager",
            "SQLException",
            "Date",
            "Timestamp",
        ],
    ),
    (
        "java.net",
        &[
            "URL",
            "URI",
            "URLConnection",
            "HttpURLConnection",
            "Socket",
            "ServerSocket",
            "InetAddress",
            "URLEncoder",
            "URLDecoder",
        ],
    ),
    (
        "java.net.http",
        &["HttpClient", "HttpRequest", "HttpResponse"],
    ),
    (
        "java.nio.file",
        &[
            "Files",
            "Path",
            "Paths",
            "FileSystems",
            "StandardOpenOption",
        ],
    ),
    (
        "java.security",
        &[
            "MessageDigest",
            "SecureRandom",
            "Signature",
            "KeyPairGenerator",
            "KeyStore",
            "Principal",
        ],
    ),
    (
        "javax.crypto",
        &[
            "Cipher",
            "KeyGenerator",
            "Mac",
            "SecretKey",
            "SecretKeyFactory",
        ],
    ),
    (
        "javax.crypto.spec",
        &[
            "SecretKeySpec",
            "IvParameterSpec",
            "GCMParameterSpec",
            "PBEKeySpec",
        ],
    ),
    (
        "javax.servlet.http",
        &[
            "HttpServlet",
            "HttpServletRequest",
            "HttpServletResponse",
            "HttpSession",
            "Cookie",
            "Part",
        ],
    ),
    (
        "jakarta.servlet.http",
        &[
            "HttpServlet",
            "HttpServletRequest",
            "HttpServletResponse",
            "HttpSession",
            "Cookie",
            "Part",
        ],
    ),
    (
        "javax.servlet",
        &[
            "ServletRequest",
            "ServletResponse",
            "ServletException",
            "Filter",
            "FilterChain",
        ],
    ),
    (
        "jakarta.servlet",
        &[
            "ServletRequest",
            "ServletResponse",
            "ServletException",
            "Filter",
            "FilterChain",
        ],
    ),
    (
        "org.springframework.web.bind.annotation",
        &[
            "RestController",
            "RequestMapping",
            "GetMapping",
            "PostMapping",
            "PutMapping",
            "DeleteMapping",
            "PatchMapping",
            "RequestParam",
            "PathVariable",
            "RequestBody",
            "RequestHeader",
            "CookieValue",
            "ModelAttribute",
            "ResponseBody",
            "CrossOrigin",
        ],
    ),
    (
        "javax.xml.parsers",
        &[
            "DocumentBuilder",
            "DocumentBuilderFactory",
            "SAXParser",
            "SAXParserFactory",
        ],
    ),
    (
        "javax.naming.directory",
        &["DirContext", "InitialDirContext", "SearchControls"],
    ),
    (
        "javax.persistence",
        &[
            "EntityManager",
            "Query",
            "TypedQuery",
            "Entity",
            "PersistenceContext",
        ],
    ),
    (
        "jakarta.persistence",
        &[
            "EntityManager",
            "Query",
            "TypedQuery",
            "Entity",
            "PersistenceContext",
        ],
    ),
];

impl<'t> Lowering<'t> {
    /// Notes an import and makes it an instruction of the module body, for what asks which libraries
    /// a file uses.
    pub(super) fn import(&mut self, node: Node<'t>) {
        let is_static = (0..node.child_count())
            .filter_map(|at| node.child(at))
            .any(|child| child.kind() == "static");
        let children = self.children(node);
        let Some(name) = children.first().map(|n| self.text_of(*n)) else {
            return;
        };
        let name: String = name.split_whitespace().collect();
        let all = children.iter().any(|c| c.kind() == "asterisk");
        let at = span(node);
        match (is_static, all) {
            (false, true) => {
                self.import_op(&name, None, at);
                self.imports.packages.push(name);
            }
            (true, true) => {
                self.import_op(&name, None, at);
                self.imports.open_classes.push(name);
            }
            (is_static, false) => {
                let Some((owner, member)) = name.rsplit_once('.') else {
                    return;
                };
                self.import_op(owner, Some(member), at);
                let known = if is_static {
                    &mut self.imports.members
                } else {
                    &mut self.imports.types
                };
                let value = if is_static { owner } else { &name };
                known.insert(member.to_owned(), value.to_owned());
            }
        }
    }

    fn import_op(&mut self, module: &str, member: Option<&str>, at: Span) -> Operand {
        let module = self.builder.intern(module);
        let member = member.map(|m| self.builder.intern(m));
        self.builder.emit_temp(Op::Import { module, member }, at)
    }

    /// Whether a simple name is a type of a package.
    pub(super) fn imports_type(&self, package: &str, simple: &str) -> bool {
        match self.imports.types.get(simple) {
            Some(full) => {
                full.strip_suffix(simple).and_then(|p| p.strip_suffix('.')) == Some(package)
            }
            None => {
                !self.types.contains_key(simple)
                    && self.imports.packages.iter().any(|p| p == package)
            }
        }
    }

    /// The full name of a type, if the file decides it.
    pub(super) fn full_name(&self, simple: &str) -> Option<String> {
        if self.types.contains_key(simple) {
            return Some(simple.to_owned());
        }
        if let Some(full) = self.imports.types.get(simple) {
            return Some(full.clone());
        }
        let in_package = |package: &str| {
            PACKAGES
                .iter()
                .any(|(name, types)| *name == package && types.contains(&simple))
        };
        if let Some(package) = self.imports.packages.iter().find(|p| in_package(p)) {
            return Some(format!("{package}.{simple}"));
        }
        in_package("java.lang").then(|| format!("java.lang.{simple}"))
    }

    /// The dotted name of a type, type arguments, annotations and brackets removed.
    pub(super) fn type_name(&mut self, node: Node<'t>) -> Option<Symbol> {
        let text = self.type_text(node)?;
        Some(self.builder.intern(&text))
    }

    /// The declared type of a parameter or field. A list of numbers is one of them: neither carries text.
    pub(super) fn declared_type(&mut self, node: Node<'t>) -> Option<Symbol> {
        let name = match self.number_in(node) {
            Some(number) => number,
            None if node.kind() == "array_type" => return None,
            None => return self.type_name(node),
        };
        Some(self.builder.intern(name))
    }

    /// The declared type of a field; of an array that of its elements.
    pub(super) fn field_type(&mut self, node: Node<'t>) -> Option<Symbol> {
        match node.kind() {
            "array_type" => self.type_name(node),
            _ => self.declared_type(node),
        }
    }

    /// The type of the elements of an array or a container of the JDK, if they are numbers, dates or
    /// constants of an enum.
    fn number_in(&mut self, node: Node<'t>) -> Option<&'t str> {
        let element = match node.kind() {
            "array_type" => node.child_by_field_name("element")?,
            "generic_type" => {
                let children = self.children(node);
                let (of, arguments) = (children.first()?, children.last()?);
                if !CONTAINERS.contains(&self.text_of(*of)) {
                    return None;
                }
                match self.children(*arguments).as_slice() {
                    [only] => *only,
                    _ => return None,
                }
            }
            _ => return None,
        };
        let name = self.text_of(element);
        if self.types.get(name).is_some_and(|own| own.is_enum) {
            return Some("enum");
        }
        NUMBERS.contains(&name).then_some(name)
    }

    pub(super) fn type_text(&mut self, node: Node<'t>) -> Option<String> {
        match node.kind() {
            "integral_type" | "floating_point_type" | "boolean_type" => {
                Some(self.text_of(node).to_owned())
            }
            "type_identifier" | "identifier" => {
                let simple = self.text_of(node);
                match simple {
                    "var" => None,
                    _ => Some(self.full_name(simple).unwrap_or_else(|| simple.to_owned())),
                }
            }
            "scoped_type_identifier" | "scoped_identifier" => {
                let text: String = self
                    .text_of(node)
                    .chars()
                    .filter(|c| !c.is_whitespace())
                    .collect();
                let text = text.split('<').next().unwrap_or("").to_owned();
                // `Map.Entry`: the first name may be an imported type.
                let (first, rest) = text.split_once('.')?;
                match self.full_name(first) {
                    Some(full) => Some(format!("{full}.{rest}")),
                    None => Some(text),
                }
            }
            "generic_type" | "annotated_type" | "array_type" | "catch_type" => {
                let inner = match node.child_by_field_name("element") {
                    Some(element) => Some(element),
                    None => self.children(node).into_iter().find(|c| {
                        c.kind().ends_with("type") || c.kind().ends_with("type_identifier")
                    }),
                };
                self.type_text(inner?)
            }
            _ => None,
        }
    }

    /// The class that a type names, as a value.
    pub(super) fn type_value(&mut self, node: Node<'t>) -> Operand {
        let Some(name) = self.type_text(node) else {
            return super::literals::null();
        };
        self.named_type(&name, span(node))
    }

    /// The same by full name.
    pub(super) fn named_type(&mut self, name: &str, at: Span) -> Operand {
        if let Some(own) = self.types.get(name).copied() {
            return self.module_var(own.name);
        }
        if let Some((package, member)) = name.rsplit_once('.') {
            return self.import_op(package, Some(member), at);
        }
        let symbol = self.builder.intern(name);
        Operand::Var(self.builder.resolve(symbol))
    }

    /// A variable of the module body, as seen from here.
    pub(super) fn module_var(&mut self, name: Symbol) -> Operand {
        Operand::Var(self.builder.capture_global(name))
    }

    /// The value of a name.
    pub(super) fn name_value(&mut self, node: Node<'t>) -> Operand {
        let text = self.text_of(node);
        let symbol = self.builder.intern(text);
        if let Some(var) = self.local(symbol) {
            return Operand::Var(var);
        }
        let at = span(node);
        if let Some(own) = self.types.get(text).copied() {
            return self.module_var(own.name);
        }
        if let Some(value) = self.own_field(text, symbol, at) {
            return value;
        }
        if let Some(class) = self.imports.members.get(text).cloned() {
            return self.import_op(&class, Some(text), at);
        }
        if let Some(full) = self.full_name(text)
            && let Some((package, member)) = full.rsplit_once('.')
        {
            return self.import_op(package, Some(member), at);
        }
        let is_type_like = text.chars().next().is_some_and(char::is_uppercase);
        if !is_type_like && self.inherits() {
            // A field of a base class.
            let base = self.builder.emit_temp(Op::This, at);
            return self.builder.emit_temp(Op::Field { base, name: symbol }, at);
        }
        Operand::Var(self.builder.resolve(symbol))
    }

    /// The variable that a name is in this function or those around it; not of the module body, whose
    /// names cannot be written in Java but for types.
    pub(super) fn local(&mut self, name: Symbol) -> Option<Var> {
        let var = self.builder.resolve(name);
        let home = self
            .builder
            .function()
            .vars
            .get(var.0 as usize)
            .map(|decl| decl.home)?;
        match home {
            VarHome::Local | VarHome::Temporary => Some(var),
            VarHome::Captured { function, .. } => (function.0 != 0).then_some(var),
            VarHome::Global => None,
        }
    }

    /// A member that is imported statically, by the name that is called.
    pub(super) fn static_import(&mut self, name: &str, at: Span) -> Option<Operand> {
        if let Some(class) = self.imports.members.get(name).cloned() {
            return Some(self.import_op(&class, Some(name), at));
        }
        match self.imports.open_classes.as_slice() {
            [only] => {
                let class = only.clone();
                Some(self.import_op(&class, Some(name), at))
            }
            _ => None,
        }
    }
}
