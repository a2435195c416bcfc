//! Lists, maps and streams of the JDK.

use super::known;
use crate::analysis::call::Call;
use crate::analysis::state::{Contents, Key, State};
use crate::analysis::value::{Atom, Konst, ObjId, ValId};
use crate::analysis::{Analyzer, Frame, ObjectKind};
use crate::models::Returns;

impl<'a> Analyzer<'a> {
    /// `filter` keeps what its function accepts; `map` of a conversion to a number gives numbers.
    pub(super) fn stream_method(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let [only] = call.passed else { return None };
        let function = only.value;
        match name {
            "map" | "mapToInt" | "mapToLong" | "mapToObj" => {
                let atoms = self.arena.get(function).atoms.clone();
                let [Atom::Path(path)] = atoms.as_slice() else {
                    return None;
                };
                let entry = self.paths.entry(*path)?;
                matches!(entry.returns, Some(Returns::Number))
                    .then(|| self.arena.single(Atom::Number))
            }
            "filter" if self.is_function(function) => {
                let list = self.only_object(receiver).is_some();
                let element = if list {
                    self.next_element(state, receiver, trueline_syntax::ir::IterKind::Elements)
                } else {
                    receiver
                };
                self.call_function(frame, state, function, &[element]);
                let kept = self.accepted(function, element);
                Some(if list {
                    self.list_of(frame, state, kept)
                } else {
                    kept
                })
            }
            _ => None,
        }
    }

    pub(super) fn java_list(
        &mut self,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let second = call.passed.get(1).map(|p| p.value);
        let number = self.arena.single(Atom::Number);
        let place = |analyzer: &Self, value: Option<ValId>| match value
            .map(|v| analyzer.arena.get(v).konst)
        {
            Some(Some(Konst::Int(at))) => Some(Key::At(at)),
            _ => None,
        };
        match name {
            "add" | "addElement" | "addLast" | "offer" | "offerLast" | "push" => {
                match (first, second) {
                    (Some(at), Some(item)) => {
                        let at = match self.arena.get(at).konst {
                            Some(Konst::Int(at)) => Some(at),
                            _ => None,
                        };
                        self.insert(state, object, at, item);
                    }
                    (Some(item), None) => self.push(state, object, item),
                    _ => return None,
                }
                Some(number)
            }
            "addFirst" | "offerFirst" => {
                self.insert(state, object, Some(0), first?);
                Some(number)
            }
            "addAll" => {
                let from = *call.passed.last()?;
                let element =
                    self.next_element(state, from.value, trueline_syntax::ir::IterKind::Elements);
                state.contents_mut(object).len = None;
                self.push(state, object, element);
                Some(number)
            }
            "get" | "elementAt" => {
                let key = place(self, first);
                let found = self.object_index(state, object, key);
                Some(known(found))
            }
            "set" | "setElementAt" => {
                let key = place(self, first);
                let item = second?;
                self.store(state, receiver, key, ValId::UNDEF, item);
                Some(ValId::UNKNOWN)
            }
            "getFirst" | "firstElement" | "getKey" | "getLeft" => {
                let found = self.object_index(state, object, Some(Key::At(0)));
                Some(known(found))
            }
            "getValue" | "getRight" => {
                let found = self.object_index(state, object, Some(Key::At(1)));
                Some(known(found))
            }
            "getLast" | "lastElement" => {
                let last = state.contents(object)?.len.map(|len| Key::At(len - 1));
                let found = self.object_index(state, object, last);
                Some(known(found))
            }
            "peek" | "peekFirst" | "peekLast" | "element" | "next" | "nextElement" | "previous"
            | "findFirst" | "findAny" => {
                let found = self.object_index(state, object, None);
                Some(known(found))
            }
            "remove" | "removeFirst" | "removeLast" | "pop" | "poll" | "pollFirst" | "pollLast" => {
                let mut contents = state.contents(object)?.clone();
                let any = contents.any(&mut self.arena);
                contents.blur(&mut self.arena);
                *state.contents_mut(object) = contents;
                Some(known(any))
            }
            "iterator" | "listIterator" | "elements" | "stream" | "parallelStream" | "toArray"
            | "toList" | "distinct" | "sorted" | "limit" | "skip" | "subList" | "reversed"
            | "clone" => {
                if call.passed.iter().any(|p| self.is_function(p.value)) && name != "sorted" {
                    return None;
                }
                Some(receiver)
            }
            "contains" | "containsAll" | "isEmpty" | "size" | "indexOf" | "lastIndexOf"
            | "hasNext" | "hasMoreElements" | "hashCode" | "count" => Some(number),
            _ => None,
        }
    }

    pub(super) fn java_map(
        &mut self,
        frame: &mut Frame<'a>,
        state: &mut State,
        object: ObjId,
        receiver: ValId,
        name: &str,
        call: &Call<'_, 'a>,
    ) -> Option<ValId> {
        let first = call.passed.first().map(|p| p.value);
        let second = call.passed.get(1).map(|p| p.value);
        match name {
            "put" | "putIfAbsent" | "setProperty" | "replace" => {
                let key = self.key_of(first?);
                self.store(state, receiver, key, first?, second?);
                Some(ValId::UNKNOWN)
            }
            "putAll" => {
                self.spread_into(state, object, first?);
                Some(ValId::UNKNOWN)
            }
            "get" | "getOrDefault" | "getProperty" | "remove" => {
                let found = self.index(frame, state, receiver, first?);
                let known_key = self.key_of(first?).is_some_and(|key| {
                    state.contents(object).is_some_and(|c| c.get(key).is_some())
                });
                let default = second.filter(|_| !known_key).unwrap_or(ValId::UNDEF);
                let value = self.arena.join(found, default);
                Some(known(value))
            }
            "keySet" | "keys" | "propertyNames" => {
                let keys = state.contents(object)?.keys;
                Some(self.list_of(frame, state, known(keys)))
            }
            "entrySet" => {
                let contents = state.contents(object)?.clone();
                let any = contents.any(&mut self.arena);
                let any = self.unconstant_deep(any);
                Some(self.list_of_pairs(frame, state, known(contents.keys), any))
            }
            "containsKey" | "containsValue" | "contains" | "isEmpty" | "size" => {
                Some(self.arena.single(Atom::Number))
            }
            _ => None,
        }
    }

    /// A list of the arguments, or of the elements of the only one.
    pub(in crate::analysis) fn list_of_arguments(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        if let [only] = call.passed
            && let Some(object) = self.only_object(only.value)
            && self.object_kind(object) == Some(ObjectKind::List)
        {
            return only.value;
        }
        let contents = Contents::list(call.passed.iter().map(|p| p.value));
        let object = self.allocate(frame, ObjectKind::List, 2);
        *state.contents_mut(object) = contents;
        self.arena.single(Atom::Object(object))
    }

    /// `Map.of(key, value, …)`.
    pub(in crate::analysis) fn map_of_arguments(
        &mut self,
        frame: &Frame<'a>,
        state: &mut State,
        call: &Call<'_, 'a>,
    ) -> ValId {
        let object = self.allocate(frame, ObjectKind::Map, 2);
        *state.contents_mut(object) = Contents::default();
        let target = self.arena.single(Atom::Object(object));
        for pair in call.passed.chunks_exact(2) {
            let [key, item] = pair else { continue };
            let name = self.key_of(key.value);
            self.store(state, target, name, key.value, item.value);
        }
        target
    }

    pub(super) fn index_of_access(&self, state: &State, value: ValId, key: Key) -> Option<ValId> {
        self.arena.get(value).atoms.iter().find_map(|atom| {
            let Atom::Access(access) = atom else {
                return None;
            };
            let object = self.access_objects.get(access)?;
            state.contents(*object)?.get(key)
        })
    }
}
