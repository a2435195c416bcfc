//! Go lowered, construct by construct.

use trueline_syntax::ir::Language;

use crate::{lowered, understood};

fn go(text: &str) -> String {
    understood(Language::Go, "a.go", text)
}

#[test]
fn imports_lose_versions_and_get_the_names_that_packages_have() {
    insta::assert_snapshot!(go(r#"
package web

import (
	"net/http"
	"github.com/gofiber/fiber/v2"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/redis/go-redis/v9"
	yaml "gopkg.in/yaml.v3"
	_ "github.com/lib/pq"
	. "fmt"
)

func f(r *http.Request, c *fiber.Ctx, m middleware.Options, n yaml.Node, l redis.Client) {
	Println(r)
}
"#), @r"
    f0 module
      b0:
        http = import net/http
        fiber = import github.com/gofiber/fiber
        middleware = import github.com/go-chi/chi/middleware
        redis = import github.com/redis/go-redis
        yaml = import gopkg.in/yaml
        import github.com/lib/pq
        import * from fmt
        f = closure f1
        return
    f1 function f(r: net/http.Request, c: github.com/gofiber/fiber.Ctx, m: github.com/go-chi/chi/middleware.Options, n: gopkg.in/yaml.Node, l: github.com/redis/go-redis.Client)
      b0:
        %6 = call $Println(r)
        return
    ");
}

#[test]
fn methods_belong_to_the_class_of_their_receiver() {
    insta::assert_snapshot!(go(r#"
package a

type Server struct {
	*Base
	io.Closer
	db    *sql.DB `json:"db,omitempty" binding:"required"`
	a, b  int
	names []string
	ids   []int64
}

type Store interface {
	Get(id string) (*User, error)
	io.Closer
}

type Alias = Server

func (s *Server) Get(id string) (*User, error) { return s.load(id) }
func (Elsewhere[T]) Run()                      {}
"#), @r"
    class c0 Server(Base, io.Closer)
      Get = f1
    class c1 Store(io.Closer)
    class c2 Elsewhere()
      Run = f2
    f0 module
      b0:
        Server = class c0
        Store = class c1
        Alias = Server
        return
    f1 method Server.Get(s: Server, id: string)
      b0:
        %2 = call s.load(id)
        return %2
    f2 method Elsewhere.Run(%0: Elsewhere)
      b0:
        return
    ");
}

#[test]
fn several_results_are_a_tuple_that_is_taken_apart() {
    insta::assert_snapshot!(go(r#"
package a

func pair() (string, error) { return "a", nil }
func named(n int) (id int, err error) {
	if n > 1 {
		return n, nil
	}
	id, err = pair()
	x, _ := pair()
	use(x)
	return
}
func swap(a, b int) { a, b = b, a }
"#), @r#"
    f0 module
      b0:
        pair = closure f1
        named = closure f2
        swap = closure f3
        return
    f1 function pair()
      b0:
        %0 = tuple ["a", null]
        return %0
    f2 function named(n: int)
      b0:
        id = 0
        err = null
        %3 = n > 1
        if %3 goto b1 else b2
      b1:
        id = n
        err = null
        %4 = tuple [n, null]
        return %4
      b2:
        %6 = call ^pair()
        %7 = %6[0]
        %8 = %6[1]
        id = %7
        err = %8
        %9 = call ^pair()
        %10 = %9[0]
        %11 = %9[1]
        x = %10
        %14 = call $use(x)
        %15 = tuple [id, err]
        return %15
    f3 function swap(a: int, b: int)
      b0:
        %2 = b
        %3 = a
        a = %2
        b = %3
        return
    "#);
}

#[test]
fn comma_ok_tells_what_was_asked() {
    insta::assert_snapshot!(go(r"
package a

func f(m map[string]int, k string, x any, ch chan int) {
	v, ok := m[k]
	s, isText := x.(*User)
	e, open := <-ch
	if _, found := m[k]; !found {
		return
	}
	use(v, ok, s, isText, e, open)
}
"), @r#"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(m, k: string, x: any, ch)
      b0:
        %4 = k in m
        %5 = m[k]
        v = %5
        ok = %4
        %8 = x instance of "User"
        %9 = x as User
        s = %9
        isText = %8
        %12 = next ch
        %13 = has next ch
        e = %12
        open = %13
        %16 = k in m
        %17 = m[k]
        found = %16
        if found goto b1 else b2
      b1:
        %20 = call $use(v, ok, s, isText, e, open)
        return
      b2:
        return
    "#);
}

#[test]
fn short_declarations_shadow_by_scope() {
    insta::assert_snapshot!(go(r"
package a

func f() {
	x := 1
	if x := g(x); x > 2 {
		x = 3
	}
	{
		x := x
		use(x)
	}
	x, y := 4, 5
	use(x, y)
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        x#0 = 1
        %2 = call $g(x#0)
        x#3 = %2
        %4 = x#3 > 2
        if %4 goto b1 else b2
      b1:
        x#3 = 3
        goto b2
      b2:
        x#5 = x#0
        %7 = call $use(x#5)
        x#0 = 4
        y = 5
        %9 = call $use(x#0, y)
        return
    ");
}

#[test]
fn loops_and_their_jumps() {
    insta::assert_snapshot!(go(r"
package a

func f(xs []string, m map[string]string, n int, ch chan string) {
	for i, x := range xs {
		use(i, x)
	}
	for k := range m {
		use(k)
	}
	for v := range ch {
		use(v)
	}
	for range n {
		tick()
	}
outer:
	for i := 0; i < n; i++ {
		for {
			if i > 2 {
				continue outer
			}
			break outer
		}
	}
	for n > 0 && m != nil {
		n -= 1
	}
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(xs, m, n: int, ch)
      b0:
        goto b1
      b1:
        %4 = has next xs
        if %4 goto b2 else b3
      b2:
        %5 = next key xs
        i#6 = %5
        %7 = next xs
        x = %7
        %10 = call $use(i#6, x)
        goto b1
      b3:
        %11 = has next m
        if %11 goto b4 else b5
      b4:
        %12 = next key m
        k = %12
        %14 = call $use(k)
        goto b3
      b5:
        %15 = has next ch
        if %15 goto b6 else b7
      b6:
        %16 = next ch
        v = %16
        %18 = call $use(v)
        goto b5
      b7:
        %19 = has next n
        if %19 goto b8 else b9
      b8:
        %21 = call $tick()
        goto b7
      b9:
        i#22 = 0
        goto b10
      b10:
        %23 = i#22 < n
        if %23 goto b11 else b13
      b11:
        %24 = i#22 > 2
        if %24 goto b12 else b13
      b12:
        %25 = i#22 + 1
        i#22 = %25
        goto b10
      b13:
        %26 = n > 0
        if %26 goto b14 else b16
      b14:
        %27 = m != null
        if %27 goto b15 else b16
      b15:
        %28 = n - 1
        n = %28
        goto b13
      b16:
        return
    ");
}

#[test]
fn switches_fall_through_and_default_is_last() {
    insta::assert_snapshot!(go(r#"
package a

func f(k string, x any) int {
	switch k {
	default:
		a()
	case "a", "b":
		b()
		fallthrough
	case "c":
		c()
	}
	switch {
	case k == "x" || k == "y":
		return 1
	}
	switch v := x.(type) {
	case *User:
		use(v)
	case nil, error:
		use(v)
	}
	return 0
}
"#), @r#"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(k: string, x: any)
      b0:
        %2 = k == "a"
        if %2 goto b2 else b1
      b1:
        %3 = k == "b"
        if %3 goto b2 else b3
      b2:
        %8 = call $b()
        goto b4
      b3:
        %4 = k == "c"
        if %4 goto b4 else b5
      b4:
        %10 = call $c()
        goto b6
      b5:
        %6 = call $a()
        goto b6
      b6:
        %11 = k == "x"
        if %11 goto b8 else b7
      b7:
        %12 = k == "y"
        if %12 goto b8 else b9
      b8:
        return 1
      b9:
        %13 = x instance of "User"
        if %13 goto b10 else b11
      b10:
        %16 = x as User
        v#17 = %16
        %19 = call $use(v#17)
        goto b14
      b11:
        %14 = x == null
        if %14 goto b13 else b12
      b12:
        %15 = x instance of "error"
        if %15 goto b13 else b14
      b13:
        v#20 = x
        %21 = call $use(v#20)
        goto b14
      b14:
        return 0
    "#);
}

#[test]
fn select_and_channels() {
    insta::assert_snapshot!(go(r#"
package a

func f(in <-chan string, out chan<- string) {
	select {
	case v := <-in:
		out <- v
	case out <- "x":
	default:
	}
	go work(in)
}
"#), @r#"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(in, out)
      b0:
        %2 = has next null
        if %2 goto b1 else b2
      b1:
        %4 = next in
        v = %4
        %6 = has next out
        out[%6] = v
        goto b4
      b2:
        %3 = has next null
        if %3 goto b3 else b4
      b3:
        %7 = has next out
        out[%7] = "x"
        goto b4
      b4:
        %9 = call $work(in)
        return
    "#);
}

#[test]
fn deferred_calls_run_last_first_where_the_function_is_left() {
    insta::assert_snapshot!(go(r#"
package a

func f(x string) (err error) {
	defer first(x)
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	if x == "" {
		return fail
	}
	panic(x)
}
"#), @r#"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(x: string)
      b0:
        err = null
        %4 = x
        %5 = closure f2
        %6 = x == ""
        if %6 goto b1 else b2
      b1:
        err = $fail
        %2 = $fail
        call %5()
        call $first(%4)
        return %2
      b2:
        throw x
    f2 lambda f()
      b0:
        %1 = caught
        r = %1
        %3 = r != null
        if %3 goto b1 else b2
      b1:
        ^err = r
        goto b2
      b2:
        return
    "#);
}

#[test]
fn composite_literals() {
    insta::assert_snapshot!(go(r#"
package a

type Point struct{ X, Y int }
type IDs []string
type Table map[string]string

var points = []Point{{1, 2}, {Y: 3}}
var p = &Point{1, 2}
var q = Point{X: 1}
var ids = IDs{"a", "b"}
var table = Table{"a": "b"}
var cookie = http.Cookie{Name: "n", Secure: true}
var filter = bson.M{"name": name}
var pairs = bson.D{{"name", name}}
var anonymous = struct{ A string }{A: "a"}
var nested = map[string][]string{"a": {"b"}}
var array = [...]string{2: "c"}
var h = gin.H{}
"#), @r#"
    class c0 Point()
    class c1 IDs()
    class c2 Table()
    f0 module
      b0:
        Point = class c0
        IDs = class c1
        Table = class c2
        %15 = new Point(X=1, Y=2)
        %16 = new Point(Y=3)
        %17 = list [%15, %16]
        points = %17
        %18 = new Point(X=1, Y=2)
        p = %18
        %19 = new Point(X=1)
        q = %19
        %20 = list ["a", "b"]
        ids = %20
        %21 = map {"a": "b"}
        table = %21
        %23 = $http.Cookie
        %24 = new %23(Name="n", Secure=true)
        cookie = %24
        %26 = map {"name": $name}
        %27 = %26 as bson.M
        filter = %27
        %28 = list ["name", $name]
        %29 = list [%28]
        %30 = %29 as bson.D
        pairs = %30
        %31 = map {"A": "a"}
        anonymous = %31
        %32 = list ["b"]
        %33 = map {"a": %32}
        nested = %33
        %34 = list ["c"]
        array = %34
        %36 = $gin.H
        %37 = new %36()
        h = %37
        return
    "#);
}

#[test]
fn zero_values_can_be_filled() {
    insta::assert_snapshot!(go(r"
package a

type User struct{ Name string }

func f() {
	var u User
	var r other.Request
	var m map[string]string
	var s []string
	var n int
	var t string
	var d *sql.DB
	var e error
	var anonymous struct{ A string }
	json.Unmarshal(data, &u)
	make2 := make(map[string]int, 3)
	list := make([]byte, n)
	p := new(User)
	use(r, m, s, t, d, e, anonymous, make2, list, p)
}
"), @r#"
    class c0 User()
    f0 module
      b0:
        User = class c0
        f = closure f1
        return
    f1 function f()
      b0:
        u = new ^User()
        %4 = $other.Request
        r = new %4()
        m = map {}
        s = list []
        n = 0
        t = ""
        %10 = null as sql.DB
        d = %10
        e = null
        anonymous = map {}
        %15 = u
        %16 = call $json.Unmarshal($data, %15)
        %18 = map {}
        make2 = %18
        %20 = list []
        list = %20
        %23 = new ^User()
        p = %23
        %26 = call $use(r, m, s, t, d, e, anonymous, make2, list, p)
        return
    "#);
}

#[test]
fn conversions_and_assertions_are_typed_values() {
    insta::assert_snapshot!(go(r"
package a

type ID string

func f(x any, b []byte) {
	n := int64(x.(float64))
	s := string(b)
	id := ID(s)
	h := template.HTML(s)
	u := (*User)(x)
	c := x.(*gin.Context)
	y := []byte(s)
	use(n, id, h, u, c, y)
}
"), @r"
    class c0 ID()
    f0 module
      b0:
        ID = class c0
        f = closure f1
        return
    f1 function f(x: any, b)
      b0:
        %3 = x as float64
        %4 = %3 as int64
        n = %4
        s = b
        %9 = s as ID
        id = %9
        %12 = call $template.HTML(s)
        h = %12
        %14 = x as User
        u = %14
        %16 = x as gin.Context
        c = %16
        y = s
        %20 = call $use(n, id, h, u, c, y)
        return
    ");
}

#[test]
fn constants_count_and_repeat() {
    insta::assert_snapshot!(go(r#"
package a

const (
	A = iota
	B
	C = "c" + "d"
	D
	E = 1 << iota
)
const hex, oct, bin, old = 0xFF, 0o17, 0b101, 017
const big, small = 1_000, -1
const raw, text, char = `a\n`, "a\n\x41é\"", 'a'
"#), @r#"
    f0 module
      b0:
        A = 0
        B = 1
        %14 = "c" + "d"
        C = %14
        %15 = "c" + "d"
        D = %15
        %16 = 1 << 4
        E = %16
        hex = 255
        oct = 15
        bin = 5
        old = 15
        big = 1000
        small = -1
        raw = "a\\n"
        text = "a\nAé\""
        char = 97
        return
    "#);
}

#[test]
fn operators_and_short_circuits() {
    insta::assert_snapshot!(go(r"
package a

func f(a, b int, p *int, s []int, ok bool) bool {
	c := a + b*2 - a/b%3
	c &^= a
	s[a] += b
	p.x.y++
	*p = c
	d := s[1:a]
	e := s[:]
	r := ok && !(a > b) || f(-a, ^b)
	use(d, e)
	return r
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(a: int, b: int, p: int, s: int, ok: bool)
      b0:
        %5 = b * 2
        %6 = a + %5
        %7 = a / b
        %8 = %7 % 3
        %9 = %6 - %8
        c = %9
        %11 = c & a
        c = %11
        %12 = s[a]
        %13 = %12 + b
        s[a] = %13
        %14 = p.x
        %15 = %14.y
        %16 = %15 + 1
        %14.y = %16
        %17 = has next p
        p[%17] = c
        p = c
        %18 = s[1:a]
        d = %18
        %20 = s[:]
        e = %20
        if ok goto b1 else b2
      b1:
        %23 = a > b
        if %23 goto b2 else b3
      b2:
        %25 = -a
        %26 = ~b
        %27 = call ^f(%25, %26)
        if %27 goto b3 else b4
      b3:
        %22 = true
        goto b5
      b4:
        %22 = false
        goto b5
      b5:
        r = %22
        %30 = call $use(d, e)
        return r
    ");
}

#[test]
fn function_values_closures_and_method_values() {
    insta::assert_snapshot!(go(r#"
package a

type Handler struct{ run func(string) }

func (h *Handler) serve(x string) {}

func New(h *Handler, xs ...string) *Handler {
	count := 0
	inc := func(by int) { count += by }
	inc(1)
	h.run = h.serve
	h.run("a")
	func() { use(count) }()
	generic[int](xs...)
	return &Handler{run: func(s string) { h.serve(s) }}
}
"#), @r#"
    class c0 Handler()
      serve = f1
    f0 module
      b0:
        Handler = class c0
        New = closure f2
        return
    f1 method Handler.serve(h: Handler, x: string)
      b0:
        return
    f2 function New(h: Handler, *xs: string)
      b0:
        count = 0
        %3 = closure f3
        inc = %3
        %5 = call inc(1)
        %6 = h.serve
        h.run = %6
        %7 = call h.run("a")
        %8 = closure f4
        %9 = call %8()
        %11 = call $generic(*xs)
        %12 = closure f5
        %14 = new ^Handler(run=%12)
        return %14
    f3 lambda inc(by: int)
      b0:
        %2 = ^count + by
        ^count = %2
        return
    f4 lambda New()
      b0:
        %2 = call $use(^count)
        return
    f5 lambda New(s: string)
      b0:
        %2 = call ^h.serve(s)
        return
    "#);
}

#[test]
fn labels_and_goto() {
    insta::assert_snapshot!(go(r"
package a

func f(n int) {
again:
	n--
	if n > 0 {
		goto again
	}
	if n < -5 {
		goto end
	}
	use(n)
end:
	done()
}
"), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f(n: int)
      b0:
        goto b1
      b1:
        %1 = n - 1
        n = %1
        %2 = n > 0
        if %2 goto b1 else b2
      b2:
        %3 = n < -5
        if %3 goto b4 else b3
      b3:
        %5 = call $use(n)
        goto b4
      b4:
        %7 = call $done()
        return
    ");
}

#[test]
fn package_names_are_seen_before_they_are_declared() {
    insta::assert_snapshot!(go(r"
package main

func main() { run(limit) }

var limit = compute()

func init()           { limit = 2 }
func compute() int    { return other }
func run(n int)       {}
"), @r"
    f0 module
      b0:
        main = closure f1
        %4 = closure f2
        compute = closure f3
        run = closure f4
        %5 = call compute()
        limit = %5
        call main()
        call %4()
        return
    f1 function main()
      b0:
        %2 = call ^run(^limit)
        return
    f2 function init()
      b0:
        ^limit = 2
        return
    f3 function compute()
      b0:
        return $other
    f4 function run(n: int)
      b0:
        return
    ");
}

#[test]
fn struct_fields_have_types_and_tags_and_interfaces_have_methods() {
    let module = lowered(
        Language::Go,
        "a.go",
        r#"
package store

import "database/sql"

type Server struct {
	*sql.DB
	name, title string `json:"name,omitempty" binding:"required,min=3"`
	ids         []int64
}
type Store interface {
	Get(id string) (*sql.Row, error)
}
"#,
    )
    .expect("not refused");
    let text = |symbol| module.text(symbol);
    let fields: Vec<String> = module
        .classes
        .iter()
        .flat_map(|class| &class.fields)
        .map(|field| {
            let tags: Vec<_> = field.decorators.iter().map(|d| text(d.name)).collect();
            format!(
                "{}: {} {tags:?}",
                text(field.name),
                field.annotation.map_or("-", text)
            )
        })
        .collect();
    insta::assert_snapshot!(fields.join("\n"), @r#"
    DB: database/sql.DB []
    name: string ["json", "binding"]
    title: string ["json", "binding"]
    ids: int64 []
    Get: database/sql.Row ["method"]
    "#);
    assert_eq!(module.package.map(text), Some("store"));
    let exports: Vec<&str> = module.exports.iter().map(|e| text(e.name)).collect();
    assert_eq!(exports, ["Server", "Store"]);
}

#[test]
fn text_with_errors_is_lowered_as_far_as_it_is_understood() {
    let module = lowered(
        Language::Go,
        "a.go",
        "package a\nfunc f() {\n\tx := g(\n\th()\n}\nfunc k() { m() }\n",
    )
    .expect("not refused");
    assert!(!module.coverage.errors.is_empty());
    let names: Vec<&str> = module
        .functions
        .iter()
        .map(|function| module.text(function.name))
        .collect();
    assert!(names.contains(&"k"), "{names:?}");
}

#[test]
fn a_jump_to_a_label_that_is_nowhere_ends_the_way() {
    let text = "package a\nfunc f() {\n\tif x {\n\t\tgoto nowhere\n\t}\n\tg()\n}\n";
    insta::assert_snapshot!(go(text), @r"
    f0 module
      b0:
        f = closure f1
        return
    f1 function f()
      b0:
        if $x goto b1 else b2
      b1:
        throw
      b2:
        %2 = call $g()
        return
    ");
}
