//! Java lowered, construct by construct.

use proptest::prelude::*;
use trueline_syntax::Refused;
use trueline_syntax::ir::Language;

use crate::{lowered, understood};

fn java(text: &str) -> String {
    understood(Language::Java, "A.java", text)
}

#[test]
fn imports_name_types_in_full() {
    insta::assert_snapshot!(java(r"
package shop.orders;
import java.sql.Statement;
import java.util.*;
import static java.lang.Math.max;

class A {
    List<String> names;
    int f(Statement statement, String[] parts) { return max(1, parts.length); }
}
"), @r"
    class c0 A()
      f = f1
      constructor = f2
    f0 module
      b0:
        %0 = import Statement from java.sql
        %1 = import java.util
        %2 = import max from java.lang.Math
        A = class c0
        return
    f1 method A.f(statement: java.sql.Statement, parts)
      b0:
        %2 = import max from java.lang.Math
        %3 = parts.length
        %4 = call %2(1, %3)
        return %4
    f2 method A.constructor()
      b0:
        return
");
}

#[test]
fn fields_begin_the_constructor() {
    insta::assert_snapshot!(java(r#"
class A {
    static final String TABLE = "orders";
    private final int size = 3;
    @Autowired private JdbcTemplate template;
    A(int limit) { this.limit = limit; }
    int limit;
    String table() { return TABLE + limit; }
}
"#), @r#"
    class c0 A()
      constructor = f1
      table = f2
    f0 module
      b0:
        A = class c0
        A.TABLE = "orders"
        return
    f1 method A.constructor(limit: int)
      b0:
        %1 = 3 as int
        %2 = this
        %2.size = %1
        %3 = this
        %3.limit = limit
        return
    f2 method A.table()
      b0:
        %3 = this
        %4 = %3.limit
        %5 = ^A.TABLE + %4
        return %5
"#);
}

#[test]
fn both_forms_of_switch_branch_on_constants() {
    insta::assert_snapshot!(java(r#"
class A {
    int old(String kind) {
        int n = 0;
        switch (kind) {
            case "a": n = 1;
            case "b": n = 2; break;
            default: n = 3;
        }
        return n;
    }
    String arrows(int kind) {
        return switch (kind) {
            case 1, 2 -> "few";
            default -> { yield "many"; }
        };
    }
}
"#), @r#"
    class c0 A()
      old = f1
      arrows = f2
    f0 module
      b0:
        A = class c0
        return
    f1 method A.old(kind: java.lang.String)
      b0:
        %2 = 0 as int
        n = %2
        %3 = kind == "a"
        if %3 goto b1 else b2
      b1:
        n = 1
        goto b3
      b2:
        %4 = kind == "b"
        if %4 goto b3 else b4
      b3:
        n = 2
        goto b5
      b4:
        n = 3
        goto b5
      b5:
        return n
    f2 method A.arrows(kind: int)
      b0:
        %2 = kind == 1
        if %2 goto b2 else b1
      b1:
        %3 = kind == 2
        if %3 goto b2 else b3
      b2:
        %1 = "few"
        goto b4
      b3:
        %1 = "many"
        goto b4
      b4:
        return %1
"#);
}

#[test]
fn resources_are_left_and_finally_runs() {
    insta::assert_snapshot!(java(r"
class A {
    void f() {
        try (Reader in = open()) {
            use(in);
        } catch (IOException | RuntimeException e) {
            log(e);
        } finally {
            done();
        }
    }
}
"), @r"
    class c0 A()
      f = f1
    f0 module
      b0:
        A = class c0
        return
    f1 method A.f()
      b0: (raises to b1)
        %0 = this
        %1 = call %0.open()
        %2 = %1 as Reader
        in = %2
        %4 = this
        %5 = call %4.use(in)
        goto b2
      b1: (raises to b3)
        %6 = caught
        e = %6
        %8 = this
        %9 = call %8.log(e)
        goto b2
      b2: (raises to b3)
        %13 = this
        %14 = call %13.done()
        return
      b3:
        %10 = caught
        %11 = this
        %12 = call %11.done()
        throw %10
");
}

#[test]
fn lambdas_and_method_references_are_values() {
    insta::assert_snapshot!(java(r"
class A {
    void f(List<String> names, int low) {
        names.stream().filter(n -> n.length() > low).map(String::trim).forEach(this::g);
    }
    void g(String name) { }
}
"), @r"
    class c0 A()
      f = f1
      g = f3
    f0 module
      b0:
        A = class c0
        return
    f1 method A.f(names: List, low: int)
      b0:
        %2 = call names.stream()
        %3 = closure f2
        %4 = call %2.filter(%3)
        %6 = import String from java.lang
        %7 = %6.trim
        %8 = call %4.map(%7)
        %9 = this
        %10 = %9.g
        %11 = call %8.forEach(%10)
        return
    f2 lambda (n)
      b0:
        %1 = call n.length()
        %3 = %1 > ^low
        return %3
    f3 method A.g(name: java.lang.String)
      b0:
        return
");
}

#[test]
fn methods_of_anonymous_classes_see_what_is_around_them() {
    insta::assert_snapshot!(java(r"
class A {
    Runnable f(String text) {
        return new Runnable() {
            @Override public void run() { System.out.println(text); }
        };
    }
}
"), @r"
    class c0 A()
      f = f1
    class c1 A(java.lang.Runnable)
      run = f2
    f0 module
      b0:
        A = class c0
        return
    f1 method A.f(text: java.lang.String)
      b0:
        %1 = class c1
        %2 = new %1()
        return %2
    @Override()
    f2 method A.run()
      b0:
        %1 = import System from java.lang
        %2 = %1.out
        %4 = call %2.println(^text)
        return
");
}

#[test]
fn constants_of_enums_are_static_and_records_keep_their_components() {
    insta::assert_snapshot!(java(r#"
enum Order { ASC("asc"), DESC("desc"); final String text; Order(String text) { this.text = text; } }
record Page(int size, String name) { String both() { return name + size(); } }
"#), @r#"
    class c0 Order()
      constructor = f1
    class c1 Page()
      both = f2
      constructor = f3
    f0 module
      b0:
        Order = class c0
        %2 = new Order("asc")
        Order.ASC = %2
        %4 = new Order("desc")
        Order.DESC = %4
        Page = class c1
        return
    f1 method Order.constructor(text: java.lang.String)
      b0:
        %1 = this
        %1.text = text
        return
    f2 method Page.both()
      b0:
        %1 = this
        %2 = %1.name
        %3 = this
        %4 = call %3.size()
        %5 = %2 + %4
        return %5
    f3 method Page.constructor(size: int, name: java.lang.String)
      b0:
        %2 = this
        %2.size = size
        %3 = this
        %3.name = name
        return
"#);
}

#[test]
fn patterns_bind_before_they_are_tested() {
    insta::assert_snapshot!(java(r"
class A {
    int f(Object x) {
        if (x instanceof Integer n && n > 1) { return n; }
        for (int i = 0; i < 3; i++) { if (i == 2) continue; g(i); }
        return x == null ? 0 : 1;
    }
}
"), @r#"
    class c0 A()
      f = f1
    f0 module
      b0:
        A = class c0
        return
    f1 method A.f(x: java.lang.Object)
      b0:
        %1 = x as java.lang.Integer
        n = %1
        %3 = x instance of "java.lang.Integer"
        if %3 goto b1 else b3
      b1:
        %4 = n > 1
        if %4 goto b2 else b3
      b2:
        return n
      b3:
        %6 = 0 as int
        i = %6
        goto b4
      b4:
        %7 = i < 3
        if %7 goto b5 else b8
      b5:
        %8 = i == 2
        if %8 goto b7 else b6
      b6:
        %9 = this
        %10 = call %9.g(i)
        goto b7
      b7:
        %11 = i
        %12 = i + 1
        i = %12
        goto b4
      b8:
        %14 = x == null
        if %14 goto b9 else b10
      b9:
        %13 = 0
        goto b11
      b10:
        %13 = 1
        goto b11
      b11:
        return %13
"#);
}

#[test]
fn text_that_is_not_java_is_lowered_as_far_as_it_goes() {
    let module = lowered(
        Language::Java,
        "A.java",
        "class A { void f( { g(); } int x = ; }",
    )
    .unwrap_or_else(|refused| panic!("{refused}"));
    assert!(!module.coverage.errors.is_empty());
}

#[test]
fn deep_java_is_refused_or_survived() {
    let deep = 100_000;
    for (open, close) in [
        ("(", ")"),
        ("!", ""),
        ("f(", ")"),
        ("x -> ", ""),
        ("new A[]{", "}"),
    ] {
        let inner = format!("{}x{}", open.repeat(deep), close.repeat(deep));
        let text = format!("class A {{ Object f() {{ return {inner}; }} }}");
        let result = lowered(Language::Java, "A.java", &text);
        assert!(
            matches!(
                result,
                Ok(_)
                    | Err(Refused::TooDeep { .. }
                        | Refused::Minified { .. }
                        | Refused::ParserPanicked { .. })
            ),
            "{open}"
        );
    }
    let blocks = format!(
        "class A {{ void f() {{ {}{} }} }}",
        "if (x) {".repeat(deep),
        "}".repeat(deep)
    );
    let _ = lowered(Language::Java, "A.java", &blocks);
    let sum = format!("class A {{ String s = {}x; }}", "a + ".repeat(20_000));
    let _ = lowered(Language::Java, "A.java", &sum);
    let chain = format!("class A {{ Object s = b{}; }}", ".append(1)".repeat(20_000));
    let _ = lowered(Language::Java, "A.java", &chain);
}

/// Pieces that together make much of Java's grammar, right and wrong.
const PIECES: &[&str] = &[
    "x",
    "y",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ",",
    ".",
    "=",
    "+=",
    "+",
    "!",
    "<",
    "==",
    "&&",
    "?",
    ":",
    "->",
    "::",
    " instanceof ",
    "class A ",
    "interface I ",
    "enum E ",
    "record R(int a) ",
    "extends B ",
    "void f() ",
    "int x ",
    "return ",
    "throw ",
    "try ",
    "catch (E e) ",
    "finally ",
    "for (var x : y) ",
    "while (x) ",
    "do ",
    "switch (x) ",
    "case 1 ->",
    "case 1:",
    "default:",
    "yield ",
    "break ",
    "continue ",
    "l: ",
    "new A() ",
    "this",
    "super",
    "\"text\"",
    "'c'",
    "\"\"\"\nx\"\"\"",
    "1",
    "2.5f",
    "null",
    "true",
    "@A(\"b\") ",
    "static ",
    "import a.b.*;",
    "package p;",
    "List<String> ",
    "String... a",
    "synchronized (x) ",
    "assert x;",
    "\n",
    "//",
    "/*",
    "*/",
    "\u{e9}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mixture_of_java_is_lowered_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let _ = lowered(Language::Java, "A.java", &pieces.concat());
        let inside = format!("class A {{ void f() {{ {} }} }}", pieces.concat());
        let _ = lowered(Language::Java, "A.java", &inside);
    }
}
