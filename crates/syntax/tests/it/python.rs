//! Python lowered, construct by construct.

use trueline_syntax::dump;
use trueline_syntax::ir::Language;

use crate::{lowered, understood};

fn python(text: &str) -> String {
    understood(Language::Python, "a.py", text)
}

#[test]
fn assignments_take_sequences_apart() {
    insta::assert_snapshot!(python(r"
a, (b, *c), d = value
first, *_, last = xs
x = y = f()
obj.field[0], obj.other = pair
"), @r"
    f0 module
      b0:
        a = $value[0]
        %10 = $value[1]
        b = %10[0]
        c = %10[1:]
        d = $value[2]
        first = $xs[0]
        _ = $xs[1:-1]
        last = $xs[-1]
        %13 = call $f()
        x = %13
        y = %13
        %15 = $pair[0]
        %17 = $obj.field
        %17[0] = %15
        %18 = $pair[1]
        $obj.other = %18
        return
    ");
}

#[test]
fn names_assigned_in_a_function_are_local_to_all_of_it() {
    insta::assert_snapshot!(python(r"
limit = 1
def reads():
    return limit
def writes():
    limit = 2
    return later
def declares():
    global limit
    limit = 3
def outer():
    count = 0
    def inner():
        nonlocal count
        count += limit
        return inner
    return inner
later = 4
"), @r"
    f0 module
      b0:
        limit = 1
        reads = closure f1
        writes = closure f2
        declares = closure f3
        outer = closure f4
        later = 4
        return
    f1 function reads()
      b0:
        return ^limit
    f2 function writes()
      b0:
        limit = 2
        return ^later
    f3 function declares()
      b0:
        ^limit = 3
        return
    f4 function outer()
      b0:
        count = 0
        inner = closure f5
        return inner
    f5 function outer.inner()
      b0:
        ^count = ^count + ^limit
        return ^inner
    ");
}

#[test]
fn a_name_that_only_a_function_declares_global_is_the_modules() {
    insta::assert_snapshot!(python(r"
def reads():
    return state
def writes(x):
    global state
    state = x
print(state)
"), @r"
    f0 module
      b0:
        reads = closure f1
        writes = closure f2
        call $print(state)
        return
    f1 function reads()
      b0:
        return ^state
    f2 function writes(x)
      b0:
        ^state = x
        return
    ");
}

#[test]
fn augmented_assignments_read_before_they_write() {
    insta::assert_snapshot!(python(r"
a += b
o.f -= 1
d[k] *= g()
"), @r"
    f0 module
      b0:
        a = a + $b
        %3 = $o.f
        %4 = %3 - 1
        $o.f = %4
        %7 = $d[$k]
        %9 = call $g()
        %10 = %7 * %9
        $d[$k] = %10
        return
    ");
}

#[test]
fn conditions_branch_directly() {
    insta::assert_snapshot!(python(r"
if a and not (b or c == 1):
    x = 1
elif 0 < n <= 9:
    x = 2
else:
    x = 3
"), @r"
    f0 module
      b0:
        if $a goto b1 else b4
      b1:
        if $b goto b4 else b2
      b2:
        %4 = $c == 1
        if %4 goto b4 else b3
      b3:
        x = 1
        goto b8
      b4:
        %6 = 0 < $n
        if %6 goto b5 else b7
      b5:
        %7 = $n <= 9
        if %7 goto b6 else b7
      b6:
        x = 2
        goto b8
      b7:
        x = 3
        goto b8
      b8:
        return
    ");
}

#[test]
fn short_circuit_values_are_copied_on_each_path() {
    insta::assert_snapshot!(python(r"
x = a or b and c
y = p if not q else r
z = 1 < n < 3
"), @r"
    f0 module
      b0:
        if $a goto b1 else b2
      b1:
        x = $a
        goto b5
      b2:
        if $b goto b3 else b4
      b3:
        x = $c
        goto b5
      b4:
        x = $b
        goto b5
      b5:
        if $q goto b6 else b7
      b6:
        y = $r
        goto b8
      b7:
        y = $p
        goto b8
      b8:
        %9 = 1 < $n
        if %9 goto b9 else b10
      b9:
        %9 = $n < 3
        if %9 goto b10 else b10
      b10:
        z = %9
        return
    ");
}

#[test]
fn loops_have_an_else_that_break_skips() {
    insta::assert_snapshot!(python(r"
for i, x in pairs:
    if x:
        break
    if i:
        continue
    use(x)
else:
    missed()
while n:
    n -= 1
"), @r"
    f0 module
      b0:
        %4 = $pairs
        goto b1
      b1:
        %5 = has next %4
        if %5 goto b2 else b5
      b2:
        %6 = next %4
        i = %6[0]
        x = %6[1]
        if x goto b6 else b3
      b3:
        if i goto b1 else b4
      b4:
        call $use(x)
        goto b1
      b5:
        call $missed()
        goto b6
      b6:
        if n goto b7 else b8
      b7:
        n = n - 1
        goto b6
      b8:
        return
    ");
}

#[test]
fn handlers_test_the_class_and_reraise_at_the_end() {
    insta::assert_snapshot!(python(r"
try:
    risky()
except (A, B) as e:
    log(e)
except C:
    raise
else:
    fine()
"), @r"
    f0 module
      b0: (raises to b2)
        call $risky()
        goto b1
      b1:
        call $fine()
        goto b4
      b2:
        %3 = caught
        %6 = tuple [$A, $B]
        %7 = %3 instance of %6
        if %7 goto b3 else b5
      b3:
        e = %3
        call $log(e)
        goto b4
      b4:
        return
      b5:
        %10 = %3 instance of $C
        if %10 goto b6 else b7
      b6:
        throw
      b7:
        throw %3
    ");
}

#[test]
fn every_way_out_of_try_runs_finally() {
    insta::assert_snapshot!(python(r"
def f(xs):
    for x in xs:
        try:
            if x:
                return g(x)
            continue
        finally:
            close()
    return None
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(xs)
      b0:
        %2 = xs
        goto b1
      b1:
        %3 = has next %2
        if %3 goto b2 else b10
      b2:
        x = next %2
        if x goto b3 else b4
      b3: (raises to b5)
        %8 = call $g(x)
        %5 = %8
        %4 = 2
        goto b6
      b4: (raises to b5)
        %4 = 3
        goto b6
      b5:
        %6 = caught
        %4 = 1
        goto b6
      b6:
        call $close()
        %10 = %4 == 2
        if %10 goto b7 else b8
      b7:
        return %5
      b8:
        %11 = %4 == 3
        if %11 goto b1 else b9
      b9:
        throw %6
      b10:
        return null
    ");
}

#[test]
fn a_bare_except_catches_everything() {
    insta::assert_snapshot!(python(r"
try:
    a()
except:
    b()
c()
"), @r"
    f0 module
      b0: (raises to b1)
        call $a()
        goto b2
      b1:
        %1 = caught
        call $b()
        goto b2
      b2:
        call $c()
        return
    ");
}

#[test]
fn with_enters_and_exits() {
    insta::assert_snapshot!(python(r"
with open(p) as f, lock:
    text = f.read()
use(text)
"), @r"
    f0 module
      b0:
        %4 = call $open($p)
        %5 = enter %4
        f = %5
        %7 = $lock
        %8 = enter %7
        text = call f.read()
        exit %7
        exit %4
        call $use(text)
        return
    ");
}

#[test]
fn code_after_a_with_that_returns_is_reached_when_it_suppresses() {
    insta::assert_snapshot!(python(r"
def f(d, k):
    with guard(KeyError):
        return d[k]
    return None
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(d, k)
      b0:
        %4 = call $guard($KeyError)
        %5 = enter %4
        goto b1
      b1: (raises to b2)
        %6 = d[k]
        exit %4
        return %6
      b2:
        %7 = caught
        %8 = exit %4
        if %8 goto b3 else b4
      b3:
        return null
      b4:
        throw %7
    ");
}

#[test]
fn async_constructs_await() {
    insta::assert_snapshot!(python(r"
async def f(xs):
    async with session() as s:
        async for x in xs:
            await s.send(x)
    return [y async for y in xs]
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 async function f(xs)
      b0:
        %4 = call $session()
        %5 = enter %4
        %6 = await %5
        s = %6
        %7 = xs
        goto b1
      b1:
        %8 = has next %7
        if %8 goto b2 else b3
      b2:
        %9 = next %7
        %10 = await %9
        x = %10
        %11 = call s.send(x)
        %12 = await %11
        goto b1
      b3:
        exit %4
        %13 = xs
        %14 = list []
        goto b4
      b4:
        %16 = has next %13
        if %16 goto b5 else b6
      b5:
        %17 = next %13
        %18 = await %17
        y = %18
        call %14.append(y)
        goto b4
      b6:
        return %14
    ");
}

#[test]
fn comprehensions_are_loops_with_their_own_names() {
    insta::assert_snapshot!(python(r"
x = 1
squares = [x * x for x in xs if x > 0]
pairs = {k: v for k in ks for v in vs}
total = sum(n for n in {*ns})
kinds = {type(n) for n in ns}
last = [y := g(n) for n in ns]
print(x, y)
"), @r"
    f0 module
      b0:
        x#0 = 1
        %8 = $xs
        %9 = list []
        goto b1
      b1:
        %11 = has next %8
        if %11 goto b2 else b4
      b2:
        x#10 = next %8
        %12 = x#10 > 0
        if %12 goto b3 else b1
      b3:
        %13 = x#10 * x#10
        call %9.append(%13)
        goto b1
      b4:
        squares = %9
        %15 = $ks
        %16 = map {}
        goto b5
      b5:
        %19 = has next %15
        if %19 goto b6 else b9
      b6:
        k = next %15
        %21 = $vs
        goto b7
      b7:
        %22 = has next %21
        if %22 goto b8 else b5
      b8:
        v = next %21
        %16[k] = v
        goto b7
      b9:
        pairs = %16
        %25 = set [*$ns]
        %26 = list []
        goto b10
      b10:
        %28 = has next %25
        if %28 goto b11 else b12
      b11:
        n#27 = next %25
        call %26.append(n#27)
        goto b10
      b12:
        total = call $sum(%26)
        %29 = $ns
        %30 = set []
        goto b13
      b13:
        %32 = has next %29
        if %32 goto b14 else b15
      b14:
        n#31 = next %29
        %34 = call $type(n#31)
        call %30.add(%34)
        goto b13
      b15:
        kinds = %30
        %35 = $ns
        %36 = list []
        goto b16
      b16:
        %38 = has next %35
        if %38 goto b17 else b18
      b17:
        n#37 = next %35
        y = call $g(n#37)
        call %36.append(y)
        goto b16
      b18:
        last = %36
        call $print(x#0, y)
        return
    ");
}

#[test]
fn f_strings_keep_text_and_values_apart() {
    insta::assert_snapshot!(python(r#"
a = f"id={x!r:>{width}} {y=}" "tail" f"{{}}"
b = f"plain"
c = "one" "two"
d = f"{f'{inner}'}-{n:.2f}"
"#), @r#"
    f0 module
      b0:
        %6 = call $repr($x)
        %8 = format(">", $width)
        %10 = call $format(%6, %8)
        %12 = call $repr($y)
        a = format("id=", %10, " y=", %12, "tail{}")
        b = "plain"
        c = "onetwo"
        %14 = format($inner)
        %16 = call $format($n, ".2f")
        d = format(%14, "-", %16)
        return
    "#);
}

#[test]
fn t_strings_are_templates_not_strings() {
    insta::assert_snapshot!(python(r#"
query = t"select * from t where id = {user_id}"
"#), @r#"
    f0 module
      b0:
        %2 = import Template from string.templatelib
        query = call %2("select * from t where id = ", $user_id)
        return
    "#);
}

#[test]
fn calls_pass_arguments_in_every_way() {
    insta::assert_snapshot!(python(r#"
f(1, *xs, k=2, **kw)
obj.method(f, b"\xff", 1.5, -3, 10**20, ..., None, True)
xs[1:n], xs[::2], m[1:2, 0], m[-1]
"#), @r#"
    f0 module
      b0:
        call $f(1, *$xs, k=2, **$kw)
        %4 = 10 ** 20
        call $obj.method($f, b"ÿ", 1.5, -3, %4, $Ellipsis, null, true)
        %7 = $xs[1:$n]
        %8 = $xs[:]
        %11 = call $slice(1, 2, null)
        %12 = tuple [%11, 0]
        %13 = $m[%12]
        %14 = $m[-1]
        %15 = tuple [%7, %8, %13, %14]
        return
    "#);
}

#[test]
fn deletions_remove_keys_and_attributes() {
    insta::assert_snapshot!(python(r"
del d[k], o.a, x, xs[1:2]
"), @r#"
    f0 module
      b0:
        delete $d[$k]
        delete $o["a"]
        %6 = call $slice(1, 2, null)
        delete $xs[%6]
        return
    "#);
}

#[test]
fn defaults_are_evaluated_outside_and_copied_in() {
    insta::assert_snapshot!(python(r#"
size = 3
def f(a, /, b: int, c: str | None = None, *rest, size=size, d: "Model" = make(), **kw):
    return size
"#), @r"
    f0 module
      b0:
        size = 3
        %2 = size
        %4 = call $make()
        f = closure f1
        return
    f1 function f(a, b: int, c: str = …, *rest, named size = …, @make() named d: Model = …, **kw)
      b0:
        %7 = absent c
        if %7 goto b1 else b2
      b1:
        c = null
        goto b2
      b2:
        %9 = absent size
        if %9 goto b3 else b4
      b3:
        size = ^#8
        goto b4
      b4:
        %11 = absent d
        if %11 goto b5 else b6
      b5:
        d = ^#10
        goto b6
      b6:
        return size
    ");
}

#[test]
fn parameters_carry_what_frameworks_inject_by() {
    insta::assert_snapshot!(python(r#"
def handler(
    q: Annotated[str, Query(max_length=5)],
    db: Optional[models.Session] = Depends(get_db),
    either: int | str = 1,
    xs: list[int] = Body(["a", 1]),
):
    pass
"#), @r#"
    f0 module
      b0:
        %3 = call $Depends($get_db)
        %5 = list ["a", 1]
        %6 = call $Body(%5)
        handler = closure f1
        return
    f1 function handler(@Query(max_length=5) q: str, @Depends(…) db: models.Session = …, either = …, @Body(["a", 1]) xs: list = …)
      b0:
        %5 = absent db
        if %5 goto b1 else b2
      b1:
        db = ^#4
        goto b2
      b2:
        %6 = absent either
        if %6 goto b3 else b4
      b3:
        either = 1
        goto b4
      b4:
        %8 = absent xs
        if %8 goto b5 else b6
      b5:
        xs = ^#7
        goto b6
      b6:
        return
    "#);
}

#[test]
fn decorators_are_written_down_and_called() {
    insta::assert_snapshot!(python(r#"
@app.route("/x/<name>", methods=["GET", "POST"], strict=flag)
@login_required
def view(name):
    return name
"#), @r#"
    f0 module
      b0:
        %2 = list ["GET", "POST"]
        %4 = call $app.route("/x/<name>", methods=%2, strict=$flag)
        %6 = closure f1
        %7 = call $login_required(%6)
        view = call %4(%7)
        return
    @app.route("/x/<name>", methods=["GET", "POST"], strict=…)
    @login_required()
    f1 function view(name)
      b0:
        return name
    "#);
}

#[test]
fn methods_belong_to_their_class() {
    insta::assert_snapshot!(python(r#"
@dataclass(frozen=True)
class Repo(Base, Generic[T], metaclass=Meta):
    table = "users"
    def __init__(self, conn):
        super().__init__(conn)
        self.conn = conn
    @staticmethod
    def parse(text): return text
    class Inner:
        async def run(self): return table
"#), @r#"
    @dataclass(frozen=true)
    class c0 Repo(Base, Generic)
      __init__ = f2
      parse = f3
    class c1 Repo.Inner()
      run = f5
    f0 module
      b0:
        %2 = call $dataclass(frozen=true)
        %5 = $Generic[$T]
        %7 = closure f1
        call %7()
        %8 = class c0
        Repo = call %2(%8)
        return
    f1 class body Repo()
      b0:
        table = "users"
        __init__ = closure f2
        %5 = closure f3
        parse = call $staticmethod(%5)
        %6 = closure f4
        call %6()
        Inner = class c1
        return
    f2 method Repo.__init__(self, conn)
      b0:
        call super.__init__(conn)
        self.conn = conn
        return
    @staticmethod()
    f3 static method Repo.parse(text)
      b0:
        return text
    f4 class body Repo.Inner()
      b0:
        run = closure f5
        return
    f5 async method Repo.Inner.run(self)
      b0:
        return $table
    "#);
}

#[test]
fn lambdas_bound_to_a_name_carry_it() {
    insta::assert_snapshot!(python(r"
key = lambda r, n=1: r[n]
sorted(xs, key=lambda r: r.id)
"), @r"
    f0 module
      b0:
        key = closure f1
        %3 = closure f2
        call $sorted($xs, key=%3)
        return
    f1 lambda key(r, n = …)
      b0:
        %2 = absent n
        if %2 goto b1 else b2
      b1:
        n = 1
        goto b2
      b2:
        %3 = r[n]
        return %3
    f2 lambda (r)
      b0:
        %1 = r.id
        return %1
    ");
}

#[test]
fn generators_yield() {
    insta::assert_snapshot!(python(r"
def g(xs):
    got = yield 1
    yield from xs
    yield
"), @r"
    f0 module
      b0:
        g = closure f1
        return
    f1 generator function g(xs)
      b0:
        got = yield 1
        %2 = next xs
        yield %2
        %3 = await xs
        %4 = yield
        return
    ");
}

#[test]
fn imports_bind_packages_members_and_aliases() {
    insta::assert_snapshot!(python(r"
import os.path, json as j
import a.b.c as abc
from .models import User as U, Role
from ... import settings
from star import *
def f():
    import subprocess
    return subprocess
"), @r"
    f0 module
      b0:
        import os.path
        os = import os
        j = import json
        abc = import a.b.c
        U = import User from .models
        Role = import Role from .models
        settings = import settings from ...
        import * from star
        f = closure f1
        return
    f1 function f()
      b0:
        subprocess = import subprocess
        return subprocess
    ");
}

#[test]
fn match_becomes_tests_and_captures() {
    insta::assert_snapshot!(python(r#"
match command.split():
    case "go" | "run":
        a()
    case ["say", word, *rest] if word:
        b(word, rest)
    case None | -1:
        f()
    case other:
        g(other)
"#), @r#"
    f0 module
      b0:
        %4 = call $command.split()
        %5 = %4 == "go"
        if %5 goto b2 else b1
      b1:
        %6 = %4 == "run"
        if %6 goto b2 else b3
      b2:
        call $a()
        goto b11
      b3:
        %8 = %4 matches 3
        if %8 goto b4 else b7
      b4:
        %9 = %4[0]
        %10 = %9 == "say"
        if %10 goto b5 else b7
      b5:
        word = %4[1]
        rest = %4[2:]
        if word goto b6 else b7
      b6:
        call $b(word, rest)
        goto b11
      b7:
        %12 = %4 is null
        if %12 goto b9 else b8
      b8:
        %13 = %4 == -1
        if %13 goto b9 else b10
      b9:
        call $f()
        goto b11
      b10:
        other = %4
        call $g(other)
        goto b11
      b11:
        return
    "#);
}

#[test]
fn match_takes_mappings_and_objects_apart() {
    insta::assert_snapshot!(python(r#"
match event:
    case {"kind": "x", "body": {"id": ident}, **others}:
        c(ident, others)
    case Point(x=0, y=yy) | Pair(_, yy):
        d(yy)
    case str(text):
        e(text)
"#), @r#"
    f0 module
      b0:
        %5 = $event
        %6 = %5 matches 2
        if %6 goto b1 else b7
      b1:
        %7 = "kind" in %5
        if %7 goto b2 else b7
      b2:
        %8 = %5["kind"]
        %9 = %8 == "x"
        if %9 goto b3 else b7
      b3:
        %10 = "body" in %5
        if %10 goto b4 else b7
      b4:
        %11 = %5["body"]
        %12 = %11 matches 1
        if %12 goto b5 else b7
      b5:
        %13 = "id" in %11
        if %13 goto b6 else b7
      b6:
        ident = %11["id"]
        others = %5
        call $c(ident, others)
        goto b15
      b7:
        %16 = %5 matches $Point
        if %16 goto b8 else b10
      b8:
        %17 = %5.x
        %18 = %17 == 0
        if %18 goto b9 else b10
      b9:
        yy = %5.y
        goto b12
      b10:
        %20 = %5 matches $Pair
        if %20 goto b11 else b13
      b11:
        yy = %5[1]
        goto b12
      b12:
        call $d(yy)
        goto b15
      b13:
        %23 = %5 matches $str
        if %23 goto b14 else b15
      b14:
        text = %5
        call $e(text)
        goto b15
      b15:
        return
    "#);
}

#[test]
fn assertions_throw() {
    insta::assert_snapshot!(python(r"
assert x > 0, message(x)
use(x)
"), @r"
    f0 module
      b0:
        %1 = $x > 0
        if %1 goto b1 else b2
      b1:
        call $use($x)
        return
      b2:
        %3 = call $message($x)
        throw %3
    ");
}

#[test]
fn walrus_targets_are_local_to_the_function() {
    insta::assert_snapshot!(python(r"
def f(xs):
    while chunk := read():
        use(chunk)
    if any((hit := x) for x in xs):
        return hit
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(xs)
      b0:
        goto b1
      b1:
        chunk = call $read()
        if chunk goto b2 else b3
      b2:
        call $use(chunk)
        goto b1
      b3:
        %6 = xs
        %7 = list []
        goto b4
      b4:
        %9 = has next %6
        if %9 goto b5 else b6
      b5:
        x = next %6
        hit = x
        call %7.append(hit)
        goto b4
      b6:
        %10 = call $any(%7)
        if %10 goto b7 else b8
      b7:
        return hit
      b8:
        return
    ");
}

#[test]
fn code_after_a_jump_is_left_out() {
    insta::assert_snapshot!(python(r"
def f():
    return 1
    unreachable()
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        return 1
    ");
}

#[test]
fn super_calls_name_the_method() {
    insta::assert_snapshot!(python(r"
class A(B):
    def m(self):
        super().m(1)
        super(A, self).n()
        return super().attr
"), @r"
    class c0 A(B)
      m = f2
    f0 module
      b0:
        %1 = closure f1
        call %1()
        A = class c0
        return
    f1 class body A()
      b0:
        m = closure f2
        return
    f2 method A.m(self)
      b0:
        call super.m(1)
        call super.n()
        %2 = call $super()
        %3 = %2.attr
        return %3
    ");
}

#[test]
fn type_parameters_and_aliases_do_not_disturb() {
    insta::assert_snapshot!(python(r"
type Pair[T] = tuple[T, T]
def first[T](xs: Sequence[T]) -> T:
    return xs[0]
"), @r"
    f0 module
      b0:
        %4 = tuple [$T, $T]
        Pair = $tuple[%4]
        first = closure f1
        return
    f1 function first(xs: Sequence)
      b0:
        %1 = xs[0]
        return %1
    ");
}

#[test]
fn syntax_errors_are_recorded_and_the_rest_is_lowered() {
    let module = lowered(
        Language::Python,
        "a.py",
        "x = (1 +\ndef f():\n    return g()\n",
    )
    .expect("not refused");
    assert!(!module.coverage.errors.is_empty());
    assert!(dump(&module).contains("call $g()"), "{}", dump(&module));
}

#[test]
fn module_names_are_exported_and_builtins_are_not() {
    let module =
        lowered(Language::Python, "a.py", "import os\nx = 1\nprint(x)\n").expect("not refused");
    let names: Vec<&str> = module
        .exports
        .iter()
        .map(|export| module.text(export.name))
        .collect();
    assert_eq!(names, ["os", "x"]);
}

#[test]
fn lines_with_something_on_them_are_counted() {
    let module = lowered(Language::Python, "a.py", "\n# c\nx = 1\n \n").expect("not refused");
    assert_eq!(module.coverage.lines, 2);
}
