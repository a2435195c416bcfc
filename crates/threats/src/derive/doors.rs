//! Threats at the doors of a program: routes without a login or a bound, and tools offered to agents of
//! others.

use trueline_facts::surface::ComponentKind;
use trueline_facts::threat::Mitigation;
use trueline_facts::{Location, Severity};

use super::{Case, Found, power, severity};

impl Found<'_, '_> {
    pub(super) fn access(&mut self) {
        let models = self
            .parts
            .of_kind(&[ComponentKind::Model, ComponentKind::Agent]);
        for door in self.parts.of_kind(&[ComponentKind::Entry]) {
            let mut open: Vec<Location> = Vec::new();
            let mut guarded: Vec<Mitigation> = Vec::new();
            let mut unbounded: Vec<Location> = Vec::new();
            let mut bounds: Vec<Mitigation> = Vec::new();
            let mut first = None;
            for (node, one) in &self.parts.all[door].uses {
                let reach = self.parts.graph.reach([*node]);
                let leads = models
                    .iter()
                    .copied()
                    .find(|m| self.parts.is_in(&reach, *m));
                let Some(model) = leads else {
                    continue;
                };
                first.get_or_insert(model);
                let has = |control: &str| one.controls.iter().any(|c| c == control);
                let told = |control: &str| Mitigation {
                    control: control.to_owned(),
                    location: one.location.clone(),
                };
                let asks_who = reach
                    .keys()
                    .any(|n| self.parts.graph.calls(*n).any(asks_who));
                if has("authentication") || asks_who {
                    guarded.push(told("authentication"));
                } else if one.operation == "route" {
                    open.push(one.location.clone());
                }
                if has("rate limit") {
                    bounds.push(told("rate limit"));
                } else {
                    unbounded.push(one.location.clone());
                }
            }
            let Some(model) = first else {
                continue;
            };
            let at = [door, model];
            if !open.is_empty() {
                self.add(Case::new("unauthenticated-access", &at, open));
            } else if !guarded.is_empty() {
                let places = guarded.iter().map(|m| m.location.clone()).collect();
                let mut case = Case::new("unauthenticated-access", &at, places);
                case.mitigations = guarded;
                self.add(case);
            }
            let reached = models.iter().filter(|m| self.parts.leads(door, **m));
            for (_, one) in reached.flat_map(|m| &self.parts.all[*m].uses) {
                if one.controls.iter().any(|c| c == "limit") {
                    bounds.push(Mitigation {
                        control: "limit of tokens or steps".to_owned(),
                        location: one.location.clone(),
                    });
                }
            }
            if !unbounded.is_empty() {
                let mut case = Case::new("unbounded-consumption", &at, unbounded);
                case.mitigations = bounds;
                self.add(case);
            }
        }
    }

    pub(super) fn servers(&mut self) {
        for server in self.parts.of_kind(&[ComponentKind::McpServer]) {
            let mut evidence = self.parts.all[server].component.evidence.clone();
            let mut strongest = None;
            for tool in self.parts.of_kind(&[ComponentKind::Tool]) {
                if !self.parts.all[tool].is_offered {
                    continue;
                }
                let powers = self.powers(tool);
                if let Some((kind, places)) = powers.first() {
                    evidence.extend(places.iter().cloned());
                    let severity = severity(*kind);
                    strongest = strongest.max(Some(severity));
                    let names: Vec<&str> = powers.iter().map(|(k, _)| power(*k)).collect();
                    let at = [tool];
                    let mut own = self.parts.all[tool].component.evidence.clone();
                    own.extend(places.iter().cloned());
                    let mut case = Case::new("excessive-agency", &at, own);
                    case.other = Some(names.join(", "));
                    case.severity = Some(severity);
                    case.mitigations = self.controls_of(tool, &["human approval", "sandbox"]);
                    self.add(case);
                }
            }
            let at = [server];
            let mut case = Case::new("mcp-server-exposed", &at, evidence);
            case.severity = Some(strongest.unwrap_or(Severity::Low));
            self.add(case);
        }
        for client in self.parts.of_kind(&[ComponentKind::McpClient]) {
            let evidence = self.parts.all[client].component.evidence.clone();
            self.add(Case::new("mcp-supply-chain", &[client], evidence));
        }
    }
}

/// Whether a call of this name finds out who asks.
fn asks_who(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "getUser",
        "getSession",
        "getServerSession",
        "getCurrentUser",
        "currentUser",
        "requireUser",
        "requireAuth",
        "requireSession",
        "verifyToken",
        "verifyIdToken",
        "authenticate",
        "auth",
        "get_current_user",
        "current_user",
        "require_user",
        "require_auth",
        "verify_token",
        "login_required",
    ];
    path.rsplit(['.', '/'])
        .next()
        .is_some_and(|last| NAMES.contains(&last))
}
