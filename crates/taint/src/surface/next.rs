//! Routes that are files (Next.js): the file's place is the path, its exported functions are the methods.
//!
//! They hang on no object, so that nothing stands before them but the one middleware of the
//! application. Whether a handler asks who is calling is told from its text, and rather too often:
//! an absence is only worth a finding where nothing hints at the contrary.

use trueline_syntax::ir::{FuncId, Language, Span};

use super::{Control, Reader, Route};

/// Functions that answer a method.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
/// What a handler says that asks who is calling, in lower case.
const ASKS: &[&str] = &[
    "session",
    "auth",
    "401",
    "403",
    "token",
    "secret",
    "signature",
    "verif",
    "user(",
    "userid",
    "user_id",
    "currentuser",
    "permission",
    "forbidden",
    "apikey",
    "api_key",
    "api-key",
    "guard",
    "clerk",
    "protect",
    "admin",
    "require",
    "ensure",
    "cookie",
    "jwt",
    "login",
    "whoami",
];
/// What a middleware says that asks before all of them.
const ASKS_BEFORE: &[&str] = &[
    "auth", "session", "token", "clerk", "jwt", "login", "cookie",
];

impl Reader<'_> {
    /// The routes that a file is; of the middleware one without a path, if it asks who is calling.
    pub(super) fn file_routes(&mut self) {
        if !matches!(
            self.module.language,
            Language::JavaScript | Language::TypeScript
        ) {
            return;
        }
        let path = self.path.display().into_owned();
        let (folder, file) = path.rsplit_once('/').unwrap_or(("", &path));
        let stem = file.split('.').next().unwrap_or(file);
        match stem {
            "middleware" | "proxy" => self.middleware(),
            "route" if file.matches('.').count() == 1 => {
                let parts: Vec<&str> = folder.split('/').collect();
                let Some(app) = parts.iter().rposition(|part| *part == "app") else {
                    return;
                };
                // Folders in parentheses group files and are no part of the address.
                let place = parts.get(app + 1..).unwrap_or_default().iter();
                let place: Vec<&str> = place.copied().filter(|p| !p.starts_with('(')).collect();
                self.methods_of(&format!("/{}", place.join("/")));
            }
            _ => {}
        }
    }

    fn methods_of(&mut self, address: &str) {
        for (at, function) in self.module.functions.iter().enumerate().skip(1) {
            let name = self.module.text(function.name);
            if !METHODS.contains(&name) {
                continue;
            }
            let id = FuncId(at as u32);
            let (mut checks, writes) = self.handler(id);
            let span = function.span;
            let text = self.text.get(span.start as usize..span.end as usize);
            let text = text.unwrap_or("").to_ascii_lowercase();
            if ASKS.iter().any(|asks| text.contains(asks)) {
                checks.push(Control::Authentication);
                checks.sort_unstable();
                checks.dedup();
            }
            let place = self.place(function.span, id);
            self.surface.file_routes.push(Route {
                methods: vec![name.to_owned()],
                path: address.to_owned(),
                handler: name.to_owned(),
                router: String::new(),
                guarded_by: Vec::new(),
                checks,
                writes: Some(writes),
                place,
            });
        }
    }

    fn middleware(&mut self) {
        let text = self.text.to_ascii_lowercase();
        // A matcher that leaves the interface out: `/((?!api|_next).*)`.
        let leaves_out = text.contains("(?!api");
        if !leaves_out && ASKS_BEFORE.iter().any(|asks| text.contains(asks)) {
            let place = self.place(Span::new(0, 0), FuncId(0));
            self.surface.file_routes.push(Route {
                methods: Vec::new(),
                path: String::new(),
                handler: String::new(),
                router: String::new(),
                guarded_by: vec![Control::Authentication],
                checks: Vec::new(),
                writes: None,
                place,
            });
        }
    }
}
