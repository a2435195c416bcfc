//! JavaScript, TypeScript and JSX lowered, construct by construct.

use proptest::prelude::*;
use trueline_syntax::dump;
use trueline_syntax::ir::{Language, Module};

use crate::{lowered, understood};

fn javascript(text: &str) -> String {
    understood(Language::JavaScript, "a.js", text)
}

fn typescript(text: &str) -> String {
    understood(Language::TypeScript, "a.ts", text)
}

fn module(path: &str, text: &str) -> Module {
    let language = if path.ends_with("ts") {
        Language::TypeScript
    } else {
        Language::JavaScript
    };
    lowered(language, path, text).unwrap_or_else(|refused| panic!("{path}: {refused}"))
}

/// The names that a module exports, each with the name of the variable that holds it.
fn exports(path: &str, text: &str) -> Vec<String> {
    let module = module(path, text);
    let mut names: Vec<String> = module
        .exports
        .iter()
        .map(|export| {
            let var = module.functions[0].vars[export.var.0 as usize];
            format!("{} = {}", module.text(export.name), module.text(var.name))
        })
        .collect();
    names.sort();
    names
}

#[test]
fn destructuring_takes_objects_and_arrays_apart() {
    insta::assert_snapshot!(javascript(r"
const { a, b: { c = 1 }, [key]: d, ...rest } = value;
const [x, , [y] = [], ...others] = list;
"), @r#"
    f0 module
      b0:
        a = $value.a
        %8 = $value.b
        %9 = %8.c
        %10 = %9 == null
        if %10 goto b1 else b2
      b1:
        c = 1
        goto b3
      b2:
        c = %9
        goto b3
      b3:
        d = $value[$key]
        %12 = map {**$value}
        delete %12["a"]
        delete %12["b"]
        delete %12[$key]
        rest = %12
        x = $list[0]
        %14 = $list[2]
        %16 = %14 == null
        if %16 goto b4 else b5
      b4:
        %15 = list []
        goto b6
      b5:
        %15 = %14
        goto b6
      b6:
        y = %15[0]
        %17 = $list[3:]
        others = %17
        return
    "#);
}

#[test]
fn assignments_reach_names_members_and_patterns() {
    insta::assert_snapshot!(javascript(r"
[a, b] = [b, a];
({ a, b: c.d = 1, ...e } = f());
o.n += 1;
o[k] ||= x;
x ??= y;
i = i++ + i;
list.next = list = node;
"), @r#"
    f0 module
      b0:
        %2 = list [$b, $a]
        %3 = %2[0]
        $a = %3
        %4 = %2[1]
        $b = %4
        %6 = call $f()
        $a = %6.a
        %8 = %6.b
        %9 = %8 == null
        if %9 goto b1 else b2
      b1:
        %7 = 1
        goto b3
      b2:
        %7 = %8
        goto b3
      b3:
        $c.d = %7
        %11 = map {**%6}
        delete %11["a"]
        delete %11["b"]
        $e = %11
        %14 = $o.n
        %15 = %14 + 1
        $o.n = %15
        %18 = $o[$k]
        if %18 goto b4 else b5
      b4:
        %17 = %18
        goto b6
      b5:
        %17 = $x
        $o[$k] = %17
        goto b6
      b6:
        %20 = $x == null
        if %20 goto b7 else b8
      b7:
        $x = $y
        goto b8
      b8:
        %23 = $i
        $i = $i + 1
        $i = %23 + $i
        %26 = $list
        $list = $node
        %26.next = $list
        return
    "#);
}

#[test]
fn conditions_branch_directly() {
    insta::assert_snapshot!(javascript(r#"
if (!a || b && !c) yes(); else if (d) no();
const v = a && b || c;
const w = a?.b ?? "none";
a && run();
const t = a ? b : c;
"#), @r#"
    f0 module
      b0:
        if $a goto b1 else b5
      b1:
        if $b goto b2 else b3
      b2:
        if $c goto b3 else b5
      b3:
        if $d goto b4 else b6
      b4:
        call $no()
        goto b6
      b5:
        call $yes()
        goto b6
      b6:
        if $a goto b7 else b8
      b7:
        %9 = $b
        goto b9
      b8:
        %9 = $a
        goto b9
      b9:
        if %9 goto b10 else b11
      b10:
        v = %9
        goto b12
      b11:
        v = $c
        goto b12
      b12:
        %10 = $a.b
        %11 = %10 == null
        if %11 goto b13 else b14
      b13:
        w = "none"
        goto b15
      b14:
        w = %10
        goto b15
      b15:
        if $a goto b16 else b17
      b16:
        call $run()
        goto b17
      b17:
        if $a goto b18 else b19
      b18:
        t = $b
        goto b20
      b19:
        t = $c
        goto b20
      b20:
        return
    "#);
}

#[test]
fn loops_and_labels_jump() {
    insta::assert_snapshot!(javascript(r"
outer: for (let i = 0; i < n; i++) {
  while (more()) {
    if (i) continue outer;
    break outer;
  }
}
do { n-- } while (n);
for (const [k, v] of pairs) use(k, v);
for (key in object) use(key);
block: { if (x) break block; rest() }
"), @r"
    f0 module
      b0:
        i = 0
        goto b1
      b1:
        %2 = i < $n
        if %2 goto b2 else b5
      b2:
        %4 = call $more()
        if %4 goto b3 else b4
      b3:
        if i goto b4 else b5
      b4:
        i = i + 1
        goto b1
      b5:
        $n = $n - 1
        if $n goto b5 else b6
      b6:
        %8 = has next $pairs
        if %8 goto b7 else b8
      b7:
        %9 = next $pairs
        k = %9[0]
        v = %9[1]
        call $use(k, v)
        goto b6
      b8:
        %12 = has next $object
        if %12 goto b9 else b10
      b9:
        %13 = next key $object
        $key = %13
        call $use($key)
        goto b8
      b10:
        if $x goto b12 else b11
      b11:
        call $rest()
        goto b12
      b12:
        return
    ");
}

#[test]
fn switch_falls_through_to_the_next_case() {
    insta::assert_snapshot!(javascript(r#"
switch (kind) {
  case "a": a();
  case "b": b(); break;
  default: d();
  case "c": c();
}
switch (true) { case n > 1 && n < 9: small(); }
"#), @r#"
    f0 module
      b0:
        %1 = $kind == "a"
        if %1 goto b1 else b2
      b1:
        call $a()
        goto b3
      b2:
        %2 = $kind == "b"
        if %2 goto b3 else b4
      b3:
        call $b()
        goto b7
      b4:
        %3 = $kind == "c"
        if %3 goto b6 else b5
      b5:
        call $d()
        goto b6
      b6:
        call $c()
        goto b7
      b7:
        %9 = $n > 1
        if %9 goto b8 else b10
      b8:
        %10 = $n < 9
        if %10 goto b9 else b10
      b9:
        call $small()
        goto b10
      b10:
        return
    "#);
}

#[test]
fn finally_runs_on_every_way_out() {
    insta::assert_snapshot!(javascript(r"
function f() {
  try {
    if (x) return early();
    work();
  } catch ({ message }) {
    log(message);
  } finally {
    close();
  }
  later();
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        if $x goto b1 else b3
      b1: (raises to b4)
        %2 = call $early()
        goto b2
      b2:
        call $close()
        return %2
      b3: (raises to b4)
        call $work()
        goto b5
      b4: (raises to b6)
        %6 = caught
        message = %6.message
        call $log(message)
        goto b5
      b5:
        call $close()
        call $later()
        return
      b6:
        %8 = caught
        call $close()
        throw %8
    ");
}

#[test]
fn a_jump_out_of_try_runs_finally_first() {
    insta::assert_snapshot!(javascript(r"
for (const x of xs) {
  try { if (x) break; use(x) } finally { close(x) }
}
"), @r"
    f0 module
      b0:
        goto b1
      b1:
        %2 = has next $xs
        if %2 goto b2 else b7
      b2:
        %3 = next $xs
        x = %3
        if x goto b3 else b4
      b3:
        call $close(x)
        goto b7
      b4: (raises to b6)
        call $use(x)
        goto b5
      b5:
        call $close(x)
        goto b1
      b6:
        %6 = caught
        call $close(x)
        throw %6
      b7:
        return
    ");
}

#[test]
fn functions_are_hoisted_and_capture_what_they_see() {
    insta::assert_snapshot!(javascript(r"
start(seen);
const seen = 1;
function start(p) { return helper(p, seen); }
function helper(a, b) { { let a = b; var late = a; } return late + a; }
"), @r"
    f0 module
      b0:
        start = closure f1
        helper = closure f2
        call start(seen)
        seen = 1
        return
    f1 function start(p)
      b0:
        %3 = call ^helper(p, ^seen)
        return %3
    f2 function helper(a#0, b)
      b0:
        a#3 = b
        late = a#3
        %4 = late + a#0
        return %4
    ");
}

#[test]
fn parameters_have_defaults_patterns_and_rest() {
    insta::assert_snapshot!(javascript(r"
function f(a, b = a, { c, ...d } = {}, ...e) { return [c, d, e]; }
"), @r#"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(a, b = …, %4 = …, *e)
      b0:
        %6 = absent b
        if %6 goto b1 else b2
      b1:
        b = a
        goto b2
      b2:
        %7 = absent %4
        if %7 goto b3 else b4
      b3:
        %4 = map {}
        goto b4
      b4:
        c = %4.c
        %8 = map {**%4}
        delete %8["c"]
        d = %8
        %9 = list [c, d, e]
        return %9
    "#);
}

#[test]
fn arrow_functions_take_this_and_arguments_of_their_function() {
    insta::assert_snapshot!(javascript(r"
function f(a) {
  return g(() => this.x + arguments[1]);
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(a, *%6)
      b0:
        this = this
        arguments = list [a, *%6]
        %4 = closure f2
        %5 = call $g(%4)
        return %5
    f2 lambda f.g()
      b0:
        %1 = ^this.x
        %3 = ^arguments[1]
        %4 = %1 + %3
        return %4
    ");
}

#[test]
fn functions_are_named_by_what_they_are_bound_to() {
    insta::assert_snapshot!(javascript(r#"
const load = async (id) => await get(id);
const api = { list() {}, async *pages() { yield* source; }, nested: { drop: () => 1 } };
Model.prototype.save = function () {};
app.get("/users/:id", (req, res) => { const inner = () => 1; });
router.route("/a").post(auth, function (req) {});
new Promise((resolve) => resolve(1));
"#), @r#"
    f0 module
      b0:
        load = closure f1
        %2 = closure f2
        %3 = closure f3
        %4 = closure f4
        %5 = map {"drop": %4}
        api = map {"list": %2, "pages": %3, "nested": %5}
        %7 = $Model.prototype
        %8 = closure f5
        %7.save = %8
        %10 = closure f6
        call $app.get("/users/:id", %10)
        %12 = call $router.route("/a")
        %14 = closure f8
        call %12.post($auth, %14)
        %16 = closure f9
        new $Promise(%16)
        return
    f1 async lambda load(id)
      b0:
        %2 = call $get(id)
        %3 = await %2
        return %3
    f2 function api.list()
      b0:
        return
    f3 async generator function api.pages()
      b0:
        goto b1
      b1:
        %1 = has next $source
        if %1 goto b2 else b3
      b2:
        %2 = next $source
        yield %2
        goto b1
      b3:
        return
    f4 lambda api.nested.drop()
      b0:
        return 1
    f5 function Model.prototype.save()
      b0:
        return
    f6 lambda app.get('/users/:id')(req, res)
      b0:
        inner = closure f7
        return
    f7 lambda app.get('/users/:id').inner()
      b0:
        return 1
    f8 function router.route('/a').post(req)
      b0:
        return
    f9 lambda Promise(resolve)
      b0:
        %1 = call resolve(1)
        return %1
    "#);
}

#[test]
fn templates_format_and_tags_are_called_with_their_parts() {
    insta::assert_snapshot!(javascript(r"
const text = `Hello ${name}, \u0041${1}`;
const plain = `nothing`;
sql`select ${id} from \d ${table}`;
db.raw`x`;
"), @r#"
    f0 module
      b0:
        text = format("Hello ", $name, ", A", 1)
        plain = "nothing"
        %4 = list ["select ", " from \\d ", ""]
        call $sql(%4, $id, $table)
        %8 = list ["x"]
        call $db.raw(%8)
        return
    "#);
}

#[test]
fn calls_keep_their_receiver() {
    insta::assert_snapshot!(javascript(r#"
a.b.c(1, ...xs);
obj[method](x);
obj["method"](x);
a?.b?.(c);
new ns.Thing(x);
new Plain;
(0, lib.run)(x);
(function () { return this })();
"#), @r"
    f0 module
      b0:
        %2 = $a.b
        call %2.c(1, *$xs)
        %6 = $obj[$method]
        call %6.call($obj, $x)
        call $obj.method($x)
        call $a.b($c)
        %10 = $ns.Thing
        new %10($x)
        new $Plain()
        %13 = $lib.run
        call %13($x)
        %14 = closure f1
        call %14()
        return
    f1 function ()
      b0:
        this = this
        return this
    ");
}

#[test]
fn operands_keep_the_value_that_they_had() {
    insta::assert_snapshot!(javascript(r"
f(i, i++, i);
x + (x = 2);
g(i, () => { i = 1 });
"), @r"
    f0 module
      b0:
        %3 = $i
        %2 = $i
        $i = $i + 1
        call $f(%3, %2, $i)
        %5 = $x
        $x = 2
        %6 = %5 + $x
        %8 = closure f1
        call $g($i, %8)
        return
    f1 lambda g()
      b0:
        $i = 1
        return
    ");
}

#[test]
fn literals_are_constants() {
    insta::assert_snapshot!(javascript(r#"
use("s", 1, 1.5, -1, 10n, true, null, undefined, void 0, /a+b/gi);
use([1, , ...xs], { a, "b-c": 1, 2: 3, [k]: 4, ...more, get g() { return 1 }, set s(v) {} });
"#), @r#"
    f0 module
      b0:
        %2 = new $RegExp("a+b", "gi")
        call $use("s", 1, 1.5, -1, 10, true, null, null, null, %2)
        %4 = list [1, null, *$xs]
        %8 = closure f1
        %9 = call %8()
        %10 = closure f2
        %11 = map {"a": $a, "b-c": 1, 2: 3, $k: 4, **$more, "g": %9, "set s": %10}
        call $use(%4, %11)
        return
    f1 function g()
      b0:
        return 1
    f2 function s(v)
      b0:
        return
    "#);
}

#[test]
fn operators_are_typed() {
    insta::assert_snapshot!(javascript(r#"
use(typeof a === "string", "k" in o, a instanceof B, ~a >>> 2, a ** b, !a, +a);
delete o.k; delete o[k]; delete o?.a.b;
"#), @r#"
    f0 module
      b0:
        %2 = typeof $a
        %3 = %2 == "string"
        %5 = "k" in $o
        %7 = $a instance of $B
        %8 = ~$a
        %9 = %8 >> 2
        %11 = $a ** $b
        %12 = not $a
        %13 = +$a
        call $use(%3, %5, %7, %9, %11, %12, %13)
        delete $o["k"]
        delete $o[$k]
        %15 = $o.a
        delete %15["b"]
        return
    "#);
}

#[test]
fn classes_have_methods_fields_and_accessors() {
    insta::assert_snapshot!(javascript(r"
class A extends B.C {
  #p = 1;
  static s = () => this;
  static { this.ready = true; }
  handler = (e) => this.#p + e;
  constructor(p) { super(p); this.p = p; }
  get v() { return super.base(this); }
  set v(x) {}
  static async make() {}
  [Symbol.iterator]() {}
  #hidden() { return #p in this; }
}
"), @r##"
    class c0 A(B.C)
      s = f8
      handler = f2
      constructor = f1
      get v = f3
      set v = f4
      make = f5
      [Symbol.iterator] = f6
      #hidden = f7
    f0 module
      b0:
        this = this
        %3 = $B.C
        A = class c0
        %5 = $Symbol.iterator
        %6 = closure f8
        A.s = %6
        A.ready = true
        return
    f1 method A.constructor(p)
      b0:
        this = this
        this.#p = 1
        %1 = closure f2
        this.handler = %1
        call super.constructor(p)
        this.p = p
        return
    f2 lambda A.constructor.handler(e)
      b0:
        %2 = ^this.#p
        %3 = %2 + e
        return %3
    f3 method A.get v()
      b0:
        this = this
        %1 = call super.base(this)
        return %1
    f4 method A.set v(x)
      b0:
        return
    f5 async static method A.make()
      b0:
        return
    f6 method A.[Symbol.iterator]()
      b0:
        return
    f7 method A.#hidden()
      b0:
        this = this
        %1 = "#p" in this
        return %1
    f8 lambda A.s()
      b0:
        return ^this
    "##);
}

#[test]
fn a_field_makes_a_constructor_that_calls_super() {
    insta::assert_snapshot!(javascript(r"
const K = class Inner extends Base { field = db; };
"), @r"
    class c0 Inner(Base)
      constructor = f1
    f0 module
      b0:
        Inner = class c0
        K = Inner
        return
    f1 method Inner.constructor(*%1)
      b0:
        this = this
        call super.constructor(*%1)
        this.field = $db
        return
    ");
}

#[test]
fn fields_do_not_see_parameters_of_the_constructor() {
    insta::assert_snapshot!(javascript(r"
const db = 1;
class A { field = db; constructor(db) { use(db); } }
"), @r"
    class c0 A()
      constructor = f1
    f0 module
      b0:
        db = 1
        A = class c0
        return
    f1 method A.constructor(db#2)
      b0:
        this = this
        this.field = ^db#1
        call $use(db#2)
        return
    ");
}

#[test]
fn generators_and_async_functions_yield_and_await() {
    insta::assert_snapshot!(javascript(r"
async function* f(xs) {
  for await (const x of xs) { const sent = yield x; use(sent); }
  yield;
  return await last();
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 async generator function f(xs)
      b0:
        goto b1
      b1:
        %2 = has next xs
        if %2 goto b2 else b3
      b2:
        %3 = next xs
        %4 = await %3
        x = %4
        sent = yield x
        call $use(sent)
        goto b1
      b3:
        yield
        %8 = call $last()
        %9 = await %8
        return %9
    ");
}

#[test]
fn modules_import_before_anything_runs() {
    insta::assert_snapshot!(understood(Language::JavaScript, "a.mjs", r#"
run(a);
import d, { a, b as c } from "m";
import * as ns from "./n.js";
import "side";
const lazy = await import("./lazy.js");
const unknown = import(name);
"#), @r"
    f0 module
      b0:
        d = import default from m
        a = import a from m
        c = import b from m
        ns = import ./n.js
        import side
        call $run(a)
        %7 = import ./lazy.js
        lazy = await %7
        unknown = call $import($name)
        return
    ");
}

#[test]
fn require_imports_unless_it_is_shadowed() {
    insta::assert_snapshot!(javascript(r#"
const { readFile } = require("fs");
const path = require(`path`), dynamic = require(name);
function f(require) { return require("fs"); }
"#), @r#"
    f0 module
      b0:
        f = closure f1
        %5 = import fs
        readFile = %5.readFile
        path = import path
        dynamic = call $require($name)
        return
    f1 function f(require)
      b0:
        %1 = call require("fs")
        return %1
    "#);
}

#[test]
fn jsx_becomes_elements() {
    insta::assert_snapshot!(understood(Language::JavaScript, "a.jsx", r#"
export const Page = ({ html, items, ...rest }) => (
  <>
    <Layout.Main title="a" open {...rest}>
      Hello,
      {/* nothing */}
      <b dangerouslySetInnerHTML={{ __html: html }} onClick={() => go()} /> {items}
    </Layout.Main>
    <svg:rect xlink:href={html} />
  </>
);
"#), @r#"
    f0 module
      b0:
        Page = closure f1
        return
    f1 lambda Page(%3)
      b0:
        html = %3.html
        items = %3.items
        %4 = map {**%3}
        delete %4["html"]
        delete %4["items"]
        rest = %4
        %6 = map {"__html": html}
        %7 = closure f2
        %8 = <b dangerouslySetInnerHTML={%6} onClick={%7}></>
        %9 = <Layout.Main title={"a"} open={true} {...rest}>{"Hello,"}{%8}{" "}{items}</>
        %10 = <svg:rect xlink:href={html}></>
        %11 = <>{%9}{%10}</>
        return %11
    f2 lambda Page.onClick()
      b0:
        %1 = call $go()
        return %1
    "#);
}

#[test]
fn functions_of_sloppy_blocks_are_seen_by_the_whole_function() {
    insta::assert_snapshot!(javascript(r"
function f() { if (x) { function g() { return 1; } } return g(); }
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        if $x goto b1 else b2
      b1:
        g = closure f2
        goto b2
      b2:
        %2 = call g()
        return %2
    f2 function f.g()
      b0:
        return 1
    ");
}

#[test]
fn functions_of_strict_blocks_stay_in_their_block() {
    insta::assert_snapshot!(understood(Language::JavaScript, "a.mjs", r"
export function f() { { function g() {} g(); } return g(); }
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        g#0 = closure f2
        call g#0()
        %2 = call $g#1()
        return %2
    f2 function f.g()
      b0:
        return
    ");
}

#[test]
fn directives_decorate_their_function() {
    insta::assert_snapshot!(understood(Language::JavaScript, "a.jsx", r#"
"use client";
async function save(form) { "use server"; "use strict"; await store(form); }
"#), @r"
    @use client()
    f0 module
      b0:
        save = closure f1
        return
    @use server()
    f1 async function save(form)
      b0:
        %2 = call $store(form)
        await %2
        return
    ");
}

#[test]
fn with_is_counted_as_not_understood() {
    insta::assert_snapshot!(dump(&module("a.cjs", r"
with (o) { f(x); }
")), @r"
    f0 module
      b0:
        %1 = unknown WithStatement($o)
        call $f($x)
        return
    unknown 1..19 WithStatement
    ");
}

#[test]
fn types_mean_nothing_at_run_time() {
    insta::assert_snapshot!(typescript(r#"
import type { T } from "t";
type A = { a: string }; interface B {} declare const c: string; declare function d(): void;
function over(a: string): void;
function over(this: Window, a: any, b: number | null, c: Array<T>, d: (string)[], e: x.Y<T>, f: "a" | "b") {
  return (a as string)!.length + <number>b + (c satisfies T);
}
(a as any) = 1;
(a.b as any) = 2;
"#), @r"
    f0 module
      b0:
        T = import T from t
        over = closure f1
        $a = 1
        $a.b = 2
        return
    f1 function over(a: any, b: number, c: Array, d: Array, e: x.Y, f)
      b0:
        %7 = a.length
        %8 = %7 + b
        %9 = %8 + c
        return %9
    ");
}

#[test]
fn enums_and_namespaces_are_objects() {
    insta::assert_snapshot!(typescript(r#"
enum Color { Red, Green = 5, Blue, "a-b" = "x", Sum = Green | 1, Next }
declare enum Gone { A }
export namespace Outer.Inner {
  export const x = 1;
  export function f() { return x; }
  const hidden = 2;
}
class Merged {}
namespace Merged { export const y = 1; }
import Alias = Outer.Inner.x;
import fs = require("fs");
"#), @r#"
    class c0 Merged()
    f0 module
      b0:
        Red = 0
        Green = 5
        Blue = 6
        a-b = "x"
        %10 = Green | 1
        Sum = %10
        %12 = %10 + 1
        Next = %12
        Color = map {"Red": 0, "Green": 5, "Blue": 6, "a-b": "x", "Sum": %10, "Next": %12}
        Outer = map {}
        Inner = map {}
        Outer.Inner = Inner
        f = closure f1
        Inner.f = f
        x = 1
        Inner.x = x
        hidden = 2
        Merged = class c0
        y = 1
        Merged.y = y
        %19 = Outer.Inner
        %20 = %19.x
        Alias = %20
        fs = import fs
        return
    f1 function Outer.Inner.f()
      b0:
        return ^x
    "#);
}

#[test]
fn nest_controllers_keep_their_decorators() {
    insta::assert_snapshot!(typescript(r#"
@Controller("cats", { version: "1", hosts: ["a", "b"] })
@Injectable
export class Cats extends Base implements OnInit {
  @Inject() private svc!: Svc;
  constructor(private readonly db: Db, public name?: string) { super(); }
  @Get(":id")
  @UseGuards(AuthGuard)
  find(@Param("id") id: string, @Body() { name, ...rest }: CreateDto) {
    return this.db.find(id, name, rest);
  }
  abstract gone(): void;
}
"#), @r#"
    @Controller("cats", …, version="1", hosts=["a", "b"])
    @Injectable()
    class c0 Cats(Base, OnInit)
      constructor = f1
      find = f2
    f0 module
      b0:
        Cats = class c0
        call $Param("id")
        call $Body()
        call $Get(":id")
        call $UseGuards($AuthGuard)
        call $Inject()
        %10 = list ["a", "b"]
        %11 = map {"version": "1", "hosts": %10}
        call $Controller("cats", %11)
        call $Injectable(Cats)
        return
    f1 method Cats.constructor(db: Db, name: string)
      b0:
        this = this
        this.db = db
        this.name = name
        call super.constructor()
        return
    @Get(":id")
    @UseGuards(…, AuthGuard=…)
    f2 method Cats.find(@Param("id") id: string, @Body() %4: CreateDto)
      b0:
        this = this
        name = %4.name
        %5 = map {**%4}
        delete %5["name"]
        rest = %5
        %6 = this.db
        %7 = call %6.find(id, name, rest)
        return %7
    "#);
}

#[test]
fn exports_of_ecmascript_modules_name_their_variables() {
    assert_eq!(
        exports(
            "a.ts",
            r#"
export const a = 1, { b, c: [d] } = f();
export function e() {}
export class F {}
export enum G { A }
export default function named() {}
export { a as renamed, a as "text name" };
export { x as y, default as z } from "./m";
export * from "./all";
export * as ns from "./ns";
export type { T } from "./t";
interface I {}
export { I };
"#
        ),
        [
            "* = ",
            "F = F",
            "G = G",
            "a = a",
            "b = b",
            "d = d",
            "default = named",
            "e = e",
            "ns = ",
            "renamed = a",
            "text name = a",
            "y = ",
            "z = ",
        ]
    );
    assert_eq!(
        exports("a.mjs", "export default () => 1"),
        ["default = default"]
    );
    assert_eq!(
        exports("a.mjs", "export default class {}"),
        ["default = default"]
    );
    assert_eq!(
        exports("a.mjs", "export default function () {}"),
        ["default = default"]
    );
}

#[test]
fn exports_of_commonjs_modules_are_variables_of_the_body() {
    assert_eq!(
        exports(
            "a.js",
            "module.exports = { a, b() {} }; module.exports.c = 1; exports.d = exports.e = f;"
        ),
        [
            "a = exports.a",
            "b = exports.b",
            "c = exports.c",
            "d = exports.d",
            "default = module.exports",
            "e = exports.e",
            "module.exports = module.exports",
        ]
    );
    assert_eq!(
        exports("a.ts", "export = make();"),
        [
            "default = module.exports",
            "module.exports = module.exports"
        ]
    );
    assert_eq!(
        exports(
            "a.js",
            "exports.x = void 0; exports.x = 1; (function () { exports.y = 2 })()"
        ),
        ["x = exports.x", "y = exports.y"]
    );
    assert!(exports("a.js", "function f(exports) { exports.x = 1 }").is_empty());
}

#[test]
fn scripts_modules_and_annotated_code_are_read_whatever_the_extension() {
    for (path, text) in [
        (
            "a.js",
            "import x from 'y'; export const z = <a>{x}</a>; await x;",
        ),
        ("a.js", "var let1 = 010; with (a) { b() } return;"),
        ("a.js", "function f(a: string): number { return 1 }"),
        ("a.js", "#!/usr/bin/env node\n'use strict'; return 1;"),
        ("a.js", "\u{feff}const x = 1;"),
        ("a.ts", "const x = <div>text</div>;"),
        ("a.cts", "import fs = require('fs'); export = fs;"),
        ("a.cjs", "const await = 1; <!-- old comment\n"),
        ("a.mts", "using a = b(); await using c = d(); export {};"),
    ] {
        let module = module(path, text);
        assert_eq!(module.coverage.errors, [], "{text}");
    }
}

#[test]
fn declaration_files_are_empty() {
    let module = module(
        "a.d.ts",
        "export declare const x: string;\n\nexport class A {}\n",
    );
    assert_eq!(module.coverage.lines, 2);
    assert_eq!(module.classes, []);
    assert_eq!(module.exports, []);
}

#[test]
fn a_broken_statement_does_not_hide_the_others() {
    let text = "const a = f();\nfunction broken() {\n  return = 1;\n}\nb(a);\nconst c = ];\nd();\n";
    let module = module("a.js", text);
    insta::assert_snapshot!(dump(&module), @r"
    f0 module
      b0:
        %0 = unknown not parsed()
        %1 = unknown not parsed()
        a = call $f()
        call $b(a)
        call $d()
        return
    error 44..45 Unexpected token
    error 67..68 Unexpected token
    unknown 15..51 not parsed
    unknown 57..70 not parsed
    ");
    for error in &module.coverage.errors {
        let wrong = &text[error.span.start as usize..error.span.end as usize];
        assert!(["=", "]"].contains(&wrong), "{wrong}");
    }
    assert_eq!(module.coverage.unknown.len(), 2);
}

#[test]
fn brackets_that_are_missing_at_the_end_are_added() {
    let text = "app.get('/', function (req, res) {\n  res.send([req.query.q, // to be";
    let module = module("a.js", text);
    insta::assert_snapshot!(dump(&module), @r#"
    f0 module
      b0:
        %1 = closure f1
        call $app.get("/", %1)
        return
    f1 function app.get('/')(req, res)
      b0:
        %2 = req.query
        %3 = %2.q
        %4 = list [%3]
        call res.send(%4)
        return
    error 68..68 Expected `]` but found `EOF`
    error 68..68 Expected `)` but found `EOF`
    error 68..68 Expected `}` but found `EOF`
    "#);
    let end = text.len() as u32;
    for function in &module.functions {
        assert!(function.span.end <= end);
        for instr in function.blocks.iter().flat_map(|block| &block.instrs) {
            assert!(instr.span.end <= end);
        }
    }
}

#[test]
fn a_repair_does_not_uncover_nesting_that_was_hidden() {
    // Once the line that opens the text is overwritten, its brackets are code.
    let hidden = "(\n".repeat(15_000);
    let text = format!("const = `\n{hidden}`;\n");
    let module = module("a.js", &text);
    assert!(!module.coverage.errors.is_empty());
}

#[test]
fn finally_blocks_in_finally_blocks_do_not_grow_without_bound() {
    let depth = 60;
    let text = format!(
        "{}{}",
        "try { a() } finally { b(); ".repeat(depth),
        "}".repeat(depth)
    );
    let module = module("a.js", &text);
    let instrs: usize = module
        .functions
        .iter()
        .flat_map(|function| &function.blocks)
        .map(|block| block.instrs.len())
        .sum();
    assert!(instrs < 20_000, "{instrs}");
}

#[test]
fn nesting_up_to_the_limit_is_lowered() {
    for (open, middle, close) in [
        ("(", "x", ")"),
        ("[", "x", "]"),
        ("f(", "x", ")"),
        ("{", "x", "}"),
        ("() => {", "x", "}"),
        ("if (x) {", "x", "}"),
        ("<a>", "{x}", "</a>"),
        ("<>", "{x}", "</>"),
        ("a ? b : (", "x", ")"),
        ("`${", "x", "}`"),
        ("class A { m() {", "x", "} }"),
        ("try {", "x", "} catch {}"),
        ("for (;;) {", "x", "}"),
        ("!(", "x", ")"),
        ("a && (b || (", "x", "))"),
    ] {
        // A pair may cost several levels: the deepest text that is not refused.
        let module = [1_990, 990, 660, 490]
            .into_iter()
            .map(|depth| format!("{}{middle}{}", open.repeat(depth), close.repeat(depth)))
            .find_map(|text| lowered(Language::JavaScript, "a.js", &text).ok());
        let module = module.expect(open);
        assert_eq!(module.coverage.errors, [], "{open}");
        assert_eq!(module.coverage.unknown, [], "{open}");
    }
}

#[test]
fn deep_nesting_is_refused_or_survived() {
    let depth = 100_000;
    let mut refused = 0;
    let cases = [
        ("(", "x", ")"),
        ("[", "x", "]"),
        ("f(", "x", ")"),
        ("{", "x", "}"),
        ("x => ", "x", ""),
        ("!", "x", ""),
        ("- ", "x", ""),
        ("typeof ", "x", ""),
        ("await ", "x", ""),
        ("new ", "x", ""),
        ("x = ", "x", ""),
        ("x ** ", "x", ""),
        ("x + ", "x", ""),
        ("x && ", "x", ""),
        ("x, ", "x", ""),
        ("x ? y : ", "x", ""),
        ("`${", "x", "}`"),
        ("", "x", ".a"),
        ("", "x", "?.a"),
        ("", "x", "()"),
        ("", "x", "[0]"),
        ("", "x", "`a`"),
        ("<a>", "x", "</a>"),
        ("if (x) ", "x", ""),
        ("if (x) y; else ", "x", ""),
        ("for (;;) ", "x", ""),
        ("while (x) ", "x", ""),
        ("do ", "x", " while (x)"),
        ("l: ", "x", ""),
        ("try {", "x", "} catch {}"),
        ("function f() {", "x", "}"),
        ("class A { m() {", "x", "} }"),
        ("class A extends ", "x", " {}"),
        ("({ a: ", "x", "})"),
        ("const { a: ", "x", "} = y"),
        ("@", "x", ""),
        ("yield ", "x", ""),
        ("export default ", "x", ""),
        ("switch (x) { case 1: ", "x", "}"),
        ("/[(]/.test(", "x", ")"),
    ];
    for (open, middle, close) in cases {
        // Lines of their own, lest it be refused as minified.
        let text = format!(
            "{}{middle}{}",
            format!("{open}\n").repeat(depth),
            format!("\n{close}").repeat(depth)
        );
        refused += usize::from(lowered(Language::JavaScript, "a.js", &text).is_err());
    }
    // A comma makes a list, and a second `export default` is an error.
    assert_eq!(refused, cases.len() - 2);
    for (open, middle, close) in [
        ("A<", "B", ">"),
        ("(", "B", ")"),
        ("keyof ", "B", ""),
        ("B | ", "B", ""),
    ] {
        let text = format!(
            "let x: {}{middle}{};",
            format!("{open}\n").repeat(depth),
            format!("\n{close}").repeat(depth)
        );
        let _ = lowered(Language::TypeScript, "a.ts", &text);
    }
}

/// Pieces that together make much of the grammar, right and wrong.
const PIECES: &[&str] = &[
    "x",
    "y",
    "f",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    ",",
    ".",
    "=",
    "+=",
    "??=",
    "+",
    "-",
    "*",
    "**",
    "<",
    "===",
    "!",
    " in ",
    " of ",
    "&&",
    "||",
    "??",
    "?.",
    "?",
    "...",
    "=>",
    "await ",
    "yield ",
    "import ",
    "from 'm'",
    "export ",
    "default ",
    "function f(a, b = 1) {",
    "class C {",
    "extends B ",
    "return ",
    "throw ",
    "try {",
    "catch (e) {",
    "finally {",
    "for (",
    "while (x)",
    "do ",
    "switch (x) {",
    "case 1:",
    "break",
    "continue",
    "l:",
    "break l",
    "var x",
    "let y",
    "const {a, b: [c]} = ",
    "`a${",
    "}`",
    "'a'",
    "1",
    "2n",
    "/a/g",
    "\n",
    ";",
    "//",
    "é",
    "async ",
    "new ",
    "delete ",
    "typeof ",
    "this",
    "super",
    "arguments",
    "static ",
    "get ",
    "set ",
    "#p",
    "@d ",
    "<a>",
    "</a>",
    "<b/>",
    "module.exports = ",
    "exports.x = ",
    "require('m')",
    ": T",
    " as T",
    "enum E {",
    "namespace N {",
    "with (x) ",
    "i++",
    "--i",
    "_",
    "*",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_lowered_or_refused(text in "\\PC{0,200}") {
        let _ = lowered(Language::JavaScript, "a.js", &text);
        let _ = lowered(Language::TypeScript, "a.tsx", &text);
    }

    #[test]
    fn any_mixture_of_javascript_is_lowered_or_refused(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60),
    ) {
        let text = pieces.concat();
        let _ = lowered(Language::JavaScript, "a.js", &text);
        let _ = lowered(Language::TypeScript, "a.ts", &text);
    }
}

#[test]
fn what_a_function_exports_in_broken_text_is_exported_by_nobody() {
    let text = "const f = () => {\n  export * from 'a';\n  export { b } from 'a';\n  export { f };\n};\nexport { f as g };\n";
    let module = lowered(Language::JavaScript, "a.mjs", text).expect("not refused");
    let names: Vec<&str> = module.exports.iter().map(|e| module.text(e.name)).collect();
    assert_eq!(names, ["g"]);
    let text =
        "namespace N {\n  function f() {\n    export const x = 1;\n  }\n  export const y = 2;\n}\n";
    lowered(Language::TypeScript, "a.ts", text).expect("not refused");
}

#[test]
fn an_error_at_a_character_of_several_bytes_is_a_part_of_the_text() {
    for text in [
        "let a = \u{fffd};\n",
        "f(\u{2603}\u{fffd}\n",
        "// a\nx = `${\u{fffd}",
    ] {
        let module = lowered(Language::JavaScript, "a.js", text).expect("not refused");
        assert!(!module.coverage.errors.is_empty());
    }
}
