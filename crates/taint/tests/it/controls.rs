//! Missing controls of applications of several files.

use trueline_facts::{RepoPath, Tier};
use trueline_syntax::{Source, language_of, lower, with_deep_stack};
use trueline_taint::Engine;

/// Files with findings of a rule in the shown tier.
fn missing(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
    let engine = Engine::builtin().unwrap();
    with_deep_stack(|| {
        let surfaces: Vec<_> = files
            .iter()
            .map(|(path, text)| {
                let language = language_of(path.as_bytes()).unwrap();
                let module = lower(language, Source { path, text }).unwrap();
                engine.surface(&RepoPath::from(*path), text, &module)
            })
            .collect();
        let paths: Vec<RepoPath> = files.iter().map(|f| RepoPath::from(f.0)).collect();
        let (found, _) = engine.missing_controls(&surfaces.iter().collect::<Vec<_>>(), &paths);
        let shown = found
            .iter()
            .filter(|f| f.rule.as_str() == rule && f.tier == Tier::Shown);
        shown
            .map(|f| f.location.path.display().into_owned())
            .collect()
    })
}

const MUX: &str = "package main

import (
	\"net/http\"

	\"example.com/app/handlers\"
)

func main() {
	http.HandleFunc(\"/login\", handlers.Login)
	http.HandleFunc(\"/distance\", handlers.Distance)
	http.ListenAndServe(\":8080\", nil)
}
";
const BUSY: &str = "package handlers

import (
	\"net/http\"

	\"example.com/app/middleware\"
)

func Distance(w http.ResponseWriter, r *http.Request) {
	user := middleware.User(r.Context())
	resp, err := http.Get(\"https://maps.example/route?u=\" + user)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		http.Error(w, \"maps busy\", http.StatusTooManyRequests)
	}
}
";
const LIMITED: &str = "package handlers

import \"net/http\"

func Login(w http.ResponseWriter, r *http.Request) {
	if tries(r.RemoteAddr) > 5 {
		http.Error(w, \"wait\", http.StatusTooManyRequests)
		return
	}
	check(r.FormValue(\"password\"))
}
";

#[test]
fn another_service_that_is_busy_limits_no_logins() {
    let rule = "missing-rate-limit";
    let busy = [("main.go", MUX), ("handlers/distance.go", BUSY)];
    assert_eq!(missing(rule, &busy), ["main.go"]);
    let limited = [("main.go", MUX), ("handlers/users.go", LIMITED)];
    assert!(missing(rule, &limited).is_empty());
}

const APP: &str = "import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
class App {
    public static void main(String[] args) { SpringApplication.run(App.class, args); }
}
";
const LOGIN: &str = "import org.springframework.web.bind.annotation.*;

@RestController
class Login {
    @PostMapping(\"/login\")
    String login(@RequestBody Req r) {
        User u = users.findByName(r.name()).orElseThrow();
        if (!encoder.matches(r.password(), u.getHash())) throw new IllegalStateException(\"no\");
        return u.token();
    }
}
";
const FETCH: &str = "final class Fetch {
    static String get(String url) throws Exception {
        int maxAttempts = 3;
        for (int attempts = 0; attempts < maxAttempts; attempts++) {
            try { return send(url); } catch (java.io.IOException e) { Thread.sleep(100); }
        }
        return null;
    }
}
";
const COUNTS: &str = "class LoginAttempts {
    int maxAttempts = 5;
    boolean isBlocked(String name) { return tries.get(name) >= maxAttempts; }
}
";

#[test]
fn what_tries_the_network_again_limits_no_logins() {
    let rule = "missing-rate-limit";
    let again = [
        ("App.java", APP),
        ("Login.java", LOGIN),
        ("Fetch.java", FETCH),
    ];
    assert_eq!(missing(rule, &again), ["Login.java"]);
    let counted = [
        ("App.java", APP),
        ("Login.java", LOGIN),
        ("Counter.java", COUNTS),
    ];
    assert!(missing(rule, &counted).is_empty());
}

const ORDERS: &str = "import org.springframework.web.bind.annotation.*;

@RestController
class Orders {
    @PostMapping(\"/api/orders/{id}/cancel\")
    void cancel(@PathVariable Long id) { repo.save(repo.findById(id)); }
}
";

fn security(login: &str, csrf: &str) -> String {
    format!(
        "import org.springframework.security.config.annotation.web.builders.HttpSecurity;

@Configuration
class Security {{
    @Bean
    SecurityFilterChain chain(HttpSecurity http) throws Exception {{
        http.csrf({csrf})
            .authorizeHttpRequests(a -> a.anyRequest().authenticated())
            {login};
        return http.build();
    }}
}}
"
    )
}

#[test]
fn a_login_by_form_needs_the_protection_that_is_switched_off() {
    let rule = "missing-csrf-protection";
    let asked = |login: &str, csrf: &str| {
        let security = security(login, csrf);
        let files = [
            ("App.java", APP),
            ("Orders.java", ORDERS),
            ("Security.java", security.as_str()),
        ];
        missing(rule, &files).len()
    };
    let form = ".formLogin(f -> f.loginPage(\"/login\"))";
    assert_eq!(asked(form, "AbstractHttpConfigurer::disable"), 1);
    assert_eq!(asked(form, "c -> c.ignoringRequestMatchers(\"/hook\")"), 0);
    let tokens = ".sessionManagement(s -> s.sessionCreationPolicy(SessionCreationPolicy.STATELESS)).formLogin(f -> f.disable())";
    assert_eq!(asked(tokens, "AbstractHttpConfigurer::disable"), 0);
}

const NEXT_ONE: &str = "import { NextResponse } from 'next/server';
import { auth } from '@/lib/auth';
import { prisma } from '@/lib/prisma';
export async function DELETE(request, { params }) {
  const session = await auth.api.getSession({ headers: request.headers });
  if (!session?.user?.id) return NextResponse.json({ error: 'no' }, { status: 401 });
  await prisma.prompt.deleteMany({ where: { id: params.id, userId: session.user.id } });
  return NextResponse.json({ ok: true });
}
export async function PATCH(request, { params }) {
  const session = await auth.api.getSession({ headers: request.headers });
  if (!session?.user?.id) return NextResponse.json({ error: 'no' }, { status: 401 });
  await prisma.prompt.updateMany({ where: { id: params.id, userId: session.user.id }, data: {} });
  return NextResponse.json({ ok: true });
}
";
const NEXT_TRACK: &str = "import { NextResponse } from 'next/server';
import { prisma } from '@/lib/prisma';
export async function POST(request, { params }) {
  await prisma.prompt.update({ where: { id: params.id }, data: { tracking: true } });
  return NextResponse.json({ message: 'started' });
}
";
const NEXT_MIDDLEWARE: &str = "import { NextResponse } from 'next/server';
export async function middleware(request) {
  if (!request.cookies.get('session')) return NextResponse.json({ error: 'no' }, { status: 401 });
  return NextResponse.next();
}
";

#[test]
fn a_route_that_is_a_file_is_compared_with_others_of_its_resource() {
    let rule = "missing-authentication";
    let one = ("web/app/api/prompts/[id]/route.ts", NEXT_ONE);
    let track = ("web/app/api/prompts/[id]/track/route.ts", NEXT_TRACK);
    assert_eq!(missing(rule, &[one, track]), [track.0]);
    // A middleware asks before all of them; one of another application does not.
    let own = ("web/middleware.ts", NEXT_MIDDLEWARE);
    assert!(missing(rule, &[one, track, own]).is_empty());
    let other = ("site/middleware.ts", NEXT_MIDDLEWARE);
    assert_eq!(missing(rule, &[one, track, other]), [track.0]);
    let pages =
        NEXT_MIDDLEWARE.to_owned() + "export const config = { matcher: ['/((?!api|_next).*)'] };\n";
    let pages = ("web/middleware.ts", pages.as_str());
    assert_eq!(missing(rule, &[one, track, pages]), [track.0]);
    // Other resources are no siblings, and what strangers send is open.
    let elsewhere = ("web/app/api/likes/route.ts", NEXT_TRACK);
    assert!(missing(rule, &[one, elsewhere]).is_empty());
    let hook = ("web/app/api/prompts/webhook/route.ts", NEXT_TRACK);
    assert!(missing(rule, &[one, hook]).is_empty());
}
