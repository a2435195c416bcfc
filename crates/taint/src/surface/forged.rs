//! Spring Security with a login by cookie and without its protection against requests of other sites:
//! `http.csrf(AbstractHttpConfigurer::disable).formLogin(…)`.

use trueline_syntax::ir::Language;

use super::Reader;

/// Ways of logging in after which a cookie says who asks.
const BY_COOKIE: &[&str] = &["formLogin(", "rememberMe("];
/// Characters after the name of a configuration in which it is switched off.
const MAX_SWITCH: usize = 48;

impl Reader<'_> {
    /// Whether the file sets up such a login for the whole application and asks who is calling.
    pub(super) fn lets_forms_of_others_in(&self) -> bool {
        if self.module.language != Language::Java || !self.text.contains("csrf(") {
            return false;
        }
        let code: String = self
            .text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['/', '*']))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect();
        // With several chains it is not known which of them the login belongs to.
        let one = code.matches("(HttpSecurity").count() == 1 && !code.contains("securityMatcher(");
        let keeps = !code.contains("STATELESS");
        one && keeps
            && code.contains(".authenticated()")
            && switched(&code, "csrf(", true)
            && BY_COOKIE.iter().any(|login| switched(&code, login, false))
    }
}

/// Whether a configuration occurs that is switched off, or on.
fn switched(code: &str, name: &str, off: bool) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let rest = code.get(at + name.len()..).unwrap_or("");
        let end = rest
            .char_indices()
            .nth(MAX_SWITCH)
            .map_or(rest.len(), |(at, _)| at);
        let rest = rest.get(..end).unwrap_or(rest);
        // Up to the next configuration of the chain.
        let own = rest.split(").").next().unwrap_or(rest);
        let next = rest.get(own.len()..).unwrap_or("");
        let disables = own.contains("::disable")
            || own.contains(".disable(")
            || own.is_empty() && next.starts_with(").disable(")
            || rest.starts_with(").disable(");
        disables == off
    })
}

#[cfg(test)]
mod tests {
    use super::switched;

    #[test]
    fn a_configuration_is_off_where_it_is_told_so() {
        for code in [
            "http.csrf(AbstractHttpConfigurer::disable).formLogin(f->f.loginPage(\"/in\"));",
            "http.csrf(c->c.disable()).formLogin(f->f.loginPage(\"/in\"));",
            "http.csrf().disable().formLogin();",
        ] {
            assert!(switched(code, "csrf(", true), "{code}");
            assert!(switched(code, "formLogin(", false), "{code}");
        }
        for code in [
            "http.formLogin(AbstractHttpConfigurer::disable).httpBasic(b->b.disable())",
            "http.formLogin(f->f.disable()).csrf(c->c.ignoringRequestMatchers(\"/hook\"))",
            "http.formLogin().disable()",
        ] {
            assert!(!switched(code, "formLogin(", false), "{code}");
            assert!(!switched(code, "csrf(", true), "{code}");
        }
    }
}
