"""Follows the token through a build: into which files each RUN brings it, whether the same RUN removes them again on
every path that leaves a layer, and what of it comes into the image that is shipped. What cannot be followed counts as exposed."""
import fnmatch
import json
import posixpath
import re

SECRET = re.compile(r"(token|secret|passw|api_?key|credential|private_?key)", re.I)
# They read, and write nothing of what they are given into files of the image.
READERS = {"test", "[", "[[", "true", "false", ":", "echo", "printf", "cat", "head", "tail", "grep", "egrep", "wc", "cut", "tr", "base64", "sort", "ls", "stat", "ln",
           "chmod", "chown", "curl", "wget", "export", "local", "readonly", "declare", ".", "source", "sed", "envsubst", "env", "printenv", "set", "awk", "jq", "mkdir",
           "npx", "cd", "exit", "unset", "sha256sum", "touch", "wait", "exec"}
PACKAGES = {"npm", "pnpm", "yarn", "corepack"}
WRAPPERS = {"command", "time", "nice", "sudo", "exec", "builtin", "nohup", "env", "timeout", "xargs", "gosu", "su-exec"}
NOWHERE = ("/dev/", "/proc/", "/run/secrets/")
OPS = ("&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n")


class Word:
    def __init__(self):
        self.text = ""    # without quotes
        self.live = ""    # what the shell puts values into
        self.inner = []   # commands in $(...)
        self.quoted = False


def inside(text, start):
    """The end of a $( ... ) whose text begins at start."""
    depth, place, quote = 1, start, ""
    while place < len(text):
        c = text[place]
        if c == "\\" and quote != "'":
            place += 1
        elif quote:
            quote = "" if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c == "(":
            depth += 1
        elif c == ")":
            depth -= 1
            if depth == 0:
                return place
        place += 1
    return len(text)


def tokens(text):
    """Operators (texts) and words."""
    found, word, place, double = [], None, 0, False

    def end():
        nonlocal word
        if word is not None:
            found.append(word)
            word = None

    while place < len(text):
        c = text[place]
        if not double and c in " \t":
            end()
        elif not double and c == "#" and word is None:
            place = (text + "\n").index("\n", place) - 1
        elif not double and re.match(r"\d?(>>|>\||>&|<<<|<<-?|<&|<>|&>>?|>|<)", text[place:]) and not (c.isdigit() and word is not None) and not text.startswith(("<(", ">("), place):
            end()
            found.append(re.match(r"\d?(>>|>\||>&|<<<|<<-?|<&|<>|&>>?|>|<)", text[place:]).group(0))
            place += len(found[-1]) - 1
        elif not double and any(text.startswith(op, place) for op in OPS):
            end()
            found.append(next(op for op in OPS if text.startswith(op, place)))
            place += len(found[-1]) - 1
        else:
            word = word or Word()
            if c == "\\" and place + 1 < len(text):
                place += 1
                if text[place] != "\n":
                    word.text += ("\\" if double and text[place] not in "$`\"\\" else "") + text[place]
            elif c == "'" and not double:
                close = text.find("'", place + 1)
                close = len(text) if close < 0 else close
                word.text += text[place + 1:close]
                word.quoted = True
                place = close
            elif c == '"':
                double = not double
                word.quoted = True
            elif text.startswith(("$(", "<(", ">("), place):
                close = inside(text, place + 2)
                word.inner.append(text[place + 2:close])
                word.text += text[place:close + 1]
                word.live += "$()"
                place = close
            elif c == "`":
                close = text.find("`", place + 1)
                close = len(text) if close < 0 else close
                word.inner.append(text[place + 1:close])
                word.text += text[place:close + 1]
                word.live += "$()"
                place = close
            else:
                word.text += c
                word.live += c
        place += 1
    end()
    return found


class Run:
    """One RUN: what it leaves in files. `present` maps a file with the token to how it came there."""

    def __init__(self, present, folder, home, mounts):
        self.present = dict(present)
        self.folder, self.home = folder, home
        self.sources = [m["target"] for m in mounts if m["type"] == "secret"] + ["/run/secrets"]
        self.elsewhere = [m["target"] for m in mounts if m["type"] in ("tmpfs", "cache")]
        self.in_env = any(m.get("env") for m in mounts)
        self.names = {m["env"] for m in mounts if m.get("env")}
        self.known = {}
        self.opaque = None
        self.ends_early = False
        self.userconfig = None
        self.traps = []
        self.keys = {}
        self.secret = any(m["type"] == "secret" for m in mounts)

    # --- names ---

    def path(self, text):
        for name, value in self.known.items():
            text = re.sub(r"\$\{?%s\b\}?" % re.escape(name), lambda _: value, text)
        text = re.sub(r"^(~|\$HOME|\$\{HOME\})(?=/|$)", self.home, text)
        text = re.sub(r"^(\$PWD|\$\{PWD\}|\$\(pwd\))(?=/|$)", self.folder, text)
        return posixpath.normpath(text if text.startswith(("/", "$")) else posixpath.join(self.folder, text)).replace("//", "/")

    def is_source(self, text):
        path = self.path(text)
        return any(path == s or path.startswith(s + "/") for s in self.sources)

    def holds(self, text):
        """The files with the token that a name means: itself, or what lies in a folder of this name."""
        path = self.path(text)
        return [f for f in self.present if f == path or f.startswith(path.rstrip("/") + "/") or fnmatch.fnmatch(f, path)]

    def write(self, text, why):
        path = self.path(text)
        if path.startswith(NOWHERE) or any(path == e or path.startswith(e.rstrip("/") + "/") for e in self.elsewhere):
            return
        self.present[path] = why

    def remove(self, text, sure):
        if sure:
            for file in self.holds(text):
                del self.present[file]

    # --- what carries the token ---

    def carries(self, word):
        """Whether the value of a word is made from the token."""
        for name in re.findall(r"\$\{?[#!]?(\w+|[@*])", word.live):
            if name in self.names or SECRET.search(name) and name not in self.known:
                return True
        return any(self.script(inner, False, False) for inner in word.inner)

    # --- the shell ---

    def script(self, text, sure, matters, heredocs=None):
        """Runs a text; True when the token may stand in what it prints."""
        return self.lists(tokens(text), sure, matters, heredocs if heredocs is not None else [])

    def lists(self, items, sure, matters, heredocs):
        parts, depth, part = [], 0, []
        compound = 0
        for item in items:
            if item == "(":
                depth += 1
            elif item == ")":
                depth -= 1
            first = not part or part[-1] in OPS or isinstance(part[-1], Word) and not part[-1].quoted and part[-1].text in ("then", "do", "else", "{", "!")
            if isinstance(item, Word) and not item.quoted and first:
                if item.text in ("if", "while", "until", "for", "case", "{"):
                    compound += 1
                elif item.text in ("fi", "done", "esac", "}"):
                    compound -= 1
            if item in (";", "\n", "&") and depth == 0 and compound <= 0:
                if part:
                    parts.append((part, item == "&"))
                part = []
            else:
                part.append(item)
        if part:
            parts.append((part, False))
        told = False
        for number, (part, background) in enumerate(parts):
            last = number == len(parts) - 1
            told |= self.chain(part, sure and not background, matters and last, heredocs)
        return told

    def chain(self, items, sure, matters, heredocs):
        pipes, ops, depth, compound, part = [], [], 0, 0, []
        for item in items:
            depth += (item == "(") - (item == ")")
            first = not part or part[-1] in OPS or isinstance(part[-1], Word) and not part[-1].quoted and part[-1].text in ("then", "do", "else", "{", "!")
            if isinstance(item, Word) and not item.quoted and first:
                compound += (item.text in ("if", "while", "until", "for", "case", "{")) - (item.text in ("fi", "done", "esac", "}"))
            if item in ("&&", "||") and depth == 0 and compound <= 0:
                pipes.append(part)
                ops.append(item)
                part = []
            else:
                part.append(item)
        pipes.append(part)
        told = False
        for number, pipe in enumerate(pipes):
            before, after = ops[:number], ops[number:]
            # Behind an && a command is only sure when the RUN fails without it; then there is no layer.
            certain = sure and (not before or (all(op == "&&" for op in before) and "||" not in after and matters))
            told |= self.pipeline(pipe, certain, matters and "||" not in ops, heredocs, harmless="||" in before)
        return told

    def pipeline(self, items, sure, matters, heredocs, harmless):
        commands, depth, compound, part = [], 0, 0, []
        for item in items:
            depth += (item == "(") - (item == ")")
            first = not part or part[-1] in OPS or isinstance(part[-1], Word) and not part[-1].quoted and part[-1].text in ("then", "do", "else", "{", "!")
            if isinstance(item, Word) and not item.quoted and first:
                compound += (item.text in ("if", "while", "until", "for", "case", "{")) - (item.text in ("fi", "done", "esac", "}"))
            if item in ("|", "|&") and depth == 0 and compound <= 0:
                commands.append(part)
                part = []
            else:
                part.append(item)
        commands.append(part)
        told = False
        for part in commands:
            told = self.command(part, sure, matters, told, heredocs, len(commands) == 1)
        return told

    def command(self, items, sure, matters, told, heredocs, alone):
        words, outs, redirected = [], [], False
        items = list(items)
        while items and isinstance(items[0], Word) and items[0].text == "!" and not items[0].quoted:
            items.pop(0)
        if not items:
            return False
        tail = []
        if items[0] == "(" or isinstance(items[0], Word) and not items[0].quoted and items[0].text in ("{", "if", "while", "until", "for", "case"):
            # What stands behind the end of the group is for all of it.
            ends = {"(": ")", "{": "}", "if": "fi", "case": "esac"}.get(items[0] if items[0] == "(" else items[0].text, "done")
            place = max(i for i, item in enumerate(items) if item == ends or isinstance(item, Word) and item.text == ends) if any(
                item == ends or isinstance(item, Word) and item.text == ends for item in items) else len(items)
            tail, body = items[place + 1:], items[1:place]
            if items[0] == "(":
                folder = self.folder
                said = self.lists(body, sure, matters, heredocs)
                self.folder = folder
            elif items[0].text == "{":
                said = self.lists(body, sure, matters, heredocs)
            else:
                plain = [";" if isinstance(i, Word) and not i.quoted and i.text in ("then", "do", "else", "elif", "in") else i for i in body]
                said = self.lists(plain, False, False, heredocs)
            items, told = tail, told or said
        else:
            said = False
        place = 0
        while place < len(items):
            item = items[place]
            if isinstance(item, Word):
                words.append(item)
            elif re.fullmatch(r"\d?(>>|>\||>|<>)|&>>?", item) and place + 1 < len(items) and isinstance(items[place + 1], Word):
                outs.append((item, items[place + 1].text))
                redirected = redirected or not item.startswith("2")
                place += 1
            elif item in ("<", "0<") and place + 1 < len(items) and isinstance(items[place + 1], Word):
                told = told or self.is_source(items[place + 1].text) or bool(self.holds(items[place + 1].text)) or self.carries(items[place + 1])
                place += 1
            elif item == "<<<" and place + 1 < len(items) and isinstance(items[place + 1], Word):
                told = told or self.carries(items[place + 1])
                place += 1
            elif item.startswith("<<") and place + 1 < len(items) and isinstance(items[place + 1], Word):
                body = heredocs.pop(0) if heredocs else ""
                told = told or self.in_document(body, items[place + 1].quoted)
                words.append(document(body))
                place += 1
            elif item in (">&", "<&", "2>&", "1>&"):
                place += 1
            place += 1
        if tail or said:
            told = said or told
        else:
            told = self.simple(words, sure, matters, told, alone and not redirected)
        for how, name in outs:
            if told:
                self.write(name, "> " + name)
            elif how in (">", ">|", "1>") and sure:
                self.remove(name, sure)
        return told and not redirected

    def in_document(self, body, literal):
        if literal:
            return False
        word = Word()
        for item in re.split(r"(\$\([^)]*\)|`[^`]*`)", body):
            if item.startswith(("$(", "`")):
                word.inner.append(item.strip("`") if item[0] == "`" else item[2:-1])
            else:
                word.live += re.sub(r"\\\$", "", item)
        return self.carries(word)

    def simple(self, words, sure, matters, told, to_log):
        """One command; True when the token may stand in what it prints."""
        own_env, config = False, self.userconfig
        while words and re.match(r"\w+\+?=", words[0].text):
            name, _, value = words[0].text.partition("=")
            carried = self.carries(words[0])
            if name.lower() == "npm_config_userconfig":
                config = value
            if len(words) == 1 or carried:
                if carried:
                    self.names.add(name)
                    self.known.pop(name, None)
                elif "$(" not in value and "`" not in value:
                    self.known[name] = self.path(value) if value.startswith(("~", "$HOME")) else value
                if len(words) == 1 and name.lower() == "npm_config_userconfig":
                    self.userconfig = value
            own_env |= carried and len(words) > 1
            words = words[1:]
        docs = [w for w in words if isinstance(w, Document)]
        words = [w for w in words if not isinstance(w, Document)]
        if not words:
            return False
        name = words[0].text.rpartition("/")[2]
        wrapped = 0
        while name in WRAPPERS and len(words) > 1 and wrapped < 5:
            rest = words[1:]
            while rest and (rest[0].text.startswith("-") or name in ("env", "sudo") and re.match(r"\w+=", rest[0].text) or name == "timeout" and re.match(r"[\d.]+[smhd]?$", rest[0].text)):
                own_env |= self.carries(rest[0])
                argument = rest[0].text in ("-n", "-I", "-u", "-d", "-L", "-P", "-s", "-k")
                rest = rest[2 if argument else 1:]
            if name in ("gosu", "su-exec"):
                rest = rest[1:]
            if not rest:
                break
            words, wrapped = rest, wrapped + 1
            if name == "xargs" and told:
                words = words + [made_of_input()]
            name = words[0].text.rpartition("/")[2]
        args = words[1:]
        plain = [a for a in args if not a.text.startswith("-")]
        carried = [a for a in args if self.carries(a) or isinstance(a, Input)]
        reads = [a for a in args if self.is_source(a.text) or a.text.startswith("@") and self.is_source(a.text[1:])]
        taken = [a for a in args if not a.text.startswith("-") and self.holds(a.text)]
        environment = own_env or self.in_env or any(n.isupper() for n in self.names)

        if name in ("sh", "bash", "dash", "ash", "zsh", "su"):
            texts = [args[i + 1] for i, a in enumerate(args[:-1]) if re.fullmatch(r"-\w*c", a.text)]
            if texts:
                word = texts[0]
                saved = set(self.names)
                text = word.text
                if any(isinstance(a, Input) for a in args):
                    # xargs puts what it reads into the text, or behind it.
                    self.names |= {"0", "1", "@", "*"}
                    text = text.replace("{}", "$1")
                if self.carries(word):
                    self.opaque = self.opaque or name
                said = self.script(text, sure, matters)
                self.names = saved
                return said
            if docs:
                return self.script(docs[0].text, sure, matters)
            if told or self.secret and plain:
                self.opaque = self.opaque or " ".join([name] + [a.text for a in plain[:1]])
            return False
        if name == "eval":
            return self.script(" ".join(a.text for a in args), sure, matters)
        if name == "cd":
            self.folder = self.path(plain[0].text) if plain else self.home
            return False
        if name == "set":
            return False
        if name == "exit":
            if not plain or plain[0].text == "0":
                self.ends_early = True
            return False
        if name == "trap" and len(plain) >= 2 and plain[-1].text in ("EXIT", "0"):
            self.traps.append(plain[0].text)
            return False
        if name == "read":
            if told:
                self.names |= {a.text for a in plain}
            return False
        if name in ("export", "local", "declare", "readonly"):
            for a in args:
                if "=" in a.text:
                    if self.carries(a):
                        self.names.add(a.text.partition("=")[0])
                    else:
                        self.known[a.text.partition("=")[0]] = a.text.partition("=")[2]
                        if a.text.lower().startswith("npm_config_userconfig="):
                            self.userconfig = a.text.partition("=")[2]
            return False
        if name in ("rm", "shred", "unlink") and (name != "shred" or any(re.match(r"-\w*u|--remove", a.text) for a in args)):
            for a in plain:
                self.remove(a.text, sure and not self.ends_early)
            return False
        if name == "truncate":
            for a in plain:
                self.remove(a.text, sure and not self.ends_early)
            return False
        if name in ("cp", "mv", "install", "rsync") and len(plain) >= 2:
            target = plain[-1].text
            for a in plain[:-1]:
                inside_of = self.path(a.text)
                for file in self.holds(a.text):
                    rest = posixpath.relpath(file, inside_of) if file != inside_of and not any(c in inside_of for c in "*?[") else posixpath.basename(file)
                    whole = file == inside_of and not target.endswith(("/", ".")) and not any(f.startswith(self.path(target) + "/") for f in self.present)
                    self.write(target if whole else posixpath.join(target, rest), "%s … %s" % (name, target))
                    if name == "mv" and sure:
                        del self.present[file]
                if self.is_source(a.text):
                    self.write(target if not target.endswith(("/", ".")) else posixpath.join(target, posixpath.basename(a.text)), "%s … %s" % (name, target))
            return False
        if name == "tee":
            for a in plain:
                if told:
                    self.write(a.text, "tee " + a.text)
            return told
        if name == "dd":
            if told or any(a.text.startswith("if=") and (self.is_source(a.text[3:]) or self.holds(a.text[3:])) for a in args):
                for a in args:
                    if a.text.startswith("of="):
                        self.write(a.text[3:], a.text)
                return True
            return False
        if name in PACKAGES:
            return self.packages(name, args, plain, carried, reads, told, sure, config)
        if name == "sed" and any(re.match(r"-\w*i|--in-place", a.text) for a in args):
            if carried or reads or told:
                scripts = [i + 1 for i, a in enumerate(args) if a.text in ("-e", "--expression", "-f")]
                files = [a for i, a in enumerate(args) if not a.text.startswith("-") and i not in scripts]
                for a in (files if scripts else files[1:]):
                    self.write(a.text, "sed -i " + a.text)
            return False
        if name == "envsubst" or name in ("env", "printenv") or name == "awk" and any("ENVIRON" in a.text for a in args):
            return told or bool(carried or environment)
        if name in READERS:
            if name in ("curl", "wget"):
                return False
            if name in ("test", "[", "[[", "ls", "stat", "chmod", "chown", "mkdir", "touch", "wc", "ln", "sha256sum", "npx"):
                if name == "ln" and reads:
                    self.sources.append(self.path(plain[-1].text))
                elif name == "ln" and not any(re.match(r"-\w*s", a.text) for a in args) and taken and len(plain) >= 2:
                    self.write(plain[-1].text, "ln " + plain[-1].text)
                return False
            if name in ("echo", "printf", ":", "true", "false"):
                return bool(carried)
            return bool(told or carried or reads or taken)
        if self.secret and "/" in words[0].text and not words[0].text.startswith(("/usr/", "/bin/", "/sbin/", "node_modules/", "./node_modules/")):
            self.opaque = self.opaque or words[0].text
        # Anything else may write whatever it is told of.
        mentions = [a for a in list(args) + docs if "/run/secrets" in a.text or any(re.search(r"\b%s\b" % re.escape(n), a.text) for n in self.names if len(n) > 1)]
        if carried or reads or taken or told or mentions:
            files = {f for a in list(args) + docs for f in re.findall(r"[\w./~-]*npmrc[\w.-]*", a.text) if not f.endswith(".template")}
            for file in files:
                self.write(file, "%s … %s" % (name, file))
            if not files:
                self.opaque = self.opaque or name
            return True
        return False

    def packages(self, name, args, plain, carried, reads, told, sure, config):
        verb = [a.text for a in plain[:2]]
        for i, a in enumerate(args):
            if a.text.startswith("--userconfig="):
                config = a.text.partition("=")[2]
            elif a.text == "--userconfig" and i + 1 < len(args):
                config = args[i + 1].text
        where = config or self.home + "/.npmrc"
        for i, a in enumerate(args):
            if a.text in ("--location=project",) or a.text in ("--location", "-L") and i + 1 < len(args) and args[i + 1].text == "project":
                where = ".npmrc"
            elif a.text in ("-g", "--global", "--location=global"):
                where = "/usr/local/etc/npmrc"
        if verb[:1] == ["set"] or verb[:2] == ["config", "set"] or verb[:2] == ["c", "set"] or verb[:1] in (["login"], ["adduser"], ["add-user"]):
            if carried or told or reads:
                self.write(where, "%s %s" % (name, " ".join(verb)))
                keys = [a.text.partition("=")[0] for a in plain if "_auth" in a.text or "_password" in a.text]
                self.keys.setdefault(self.path(where), set()).update(keys)
            return False
        if verb[:2] in (["config", "delete"], ["config", "rm"], ["c", "delete"], ["config", "unset"]):
            # By the very name under which it was set.
            keys = self.keys.get(self.path(where), set())
            if sure and not self.ends_early and keys:
                keys -= {a.text for a in plain}
                if not keys:
                    self.remove(where, True)
            return False
        return bool(told and verb[:1] == ["exec"])


class Document(Word):
    pass


class Input(Word):
    pass


def document(body):
    made = Document()
    made.text = body
    return made


def made_of_input():
    return Input()


def mounts(value):
    """The --options of a RUN, and the command behind them."""
    found = []
    while True:
        option = re.match(r"\s*--(\w+)(?:=|\s+)(\S+)", value)
        if not option:
            return found, value.strip()
        value = value[option.end():]
        if option.group(1) == "mount":
            parts = dict(p.partition("=")[::2] for p in option.group(2).strip("\"'").split(","))
            kind = parts.get("type", "bind")
            target = parts.get("target") or parts.get("dst") or parts.get("destination")
            if kind == "secret" and not target:
                target = "/run/secrets/" + (parts.get("id") or "")
            found.append({"type": kind, "target": posixpath.normpath(target or "/nowhere"), "env": parts.get("env")})


def exposed(stages):
    """What of the token is in a layer of the image that is shipped: (instruction, why), or None."""
    done = {}
    for number, stage in enumerate(stages):
        words = [w for w in stage[0]["value"].split() if not w.startswith("--")]
        parent = done.get(words[0].lower())
        state = {"present": dict(parent["present"]) if parent else {}, "kept": list(parent["kept"]) if parent else [],
                 "folder": parent["folder"] if parent else "/", "home": parent["home"] if parent else "/root"}
        for item in stage[1:]:
            value = item["value"]
            if item["instruction"] == "WORKDIR":
                state["folder"] = posixpath.normpath(posixpath.join(state["folder"], value.strip("\"'")))
            elif item["instruction"] == "USER":
                user = value.split(":")[0].strip()
                state["home"] = "/root" if user in ("root", "0") else "/home/" + user
            elif item["instruction"] in ("COPY", "ADD"):
                source = re.search(r"--from=(\S+)", value)
                other = done.get(source.group(1).lower()) if source else None
                if other:
                    taken(state, other, value)
            elif item["instruction"] == "RUN":
                options, text = mounts(value)
                run = Run(state["present"], state["folder"], state["home"], options)
                whole(run, text)
                if run.opaque:
                    state["kept"].append((value, "the token is given to `%s`, and nobody can see into which files that writes it" % run.opaque))
                for file, how in run.present.items():
                    if file not in state["present"]:
                        state["kept"].append((value, "the token is written to %s (%s), and that file is not removed by the same RUN on every path" % (file, how)))
                # Nothing of an earlier layer is gone because a later one removes it; but it is not there any more to be copied.
                state["present"] = run.present
        if len(words) >= 3 and words[-2].upper() == "AS":
            done[words[-1].lower()] = state
        done[str(number)] = state
        last = state
    return last["kept"][0] if stages and last["kept"] else None


def taken(state, other, value):
    try:
        words = json.loads(re.sub(r"^(--\S+\s+)*", "", value))
    except ValueError:
        words = [w for w in value.split() if not w.startswith("--")]
    if len(words) < 2:
        return
    target = posixpath.join(state["folder"], words[-1])
    for source in words[:-1]:
        source = "/" + posixpath.normpath(source).strip("/")
        for file in other["present"]:
            if file == source or file.startswith(source.rstrip("/") + "/") or fnmatch.fnmatch(file, source):
                state["present"][posixpath.join(target, posixpath.basename(file))] = "COPY"
                state["kept"].append((value, "the file %s with the token is copied into the image" % file))


def whole(run, text):
    """A RUN in each of its forms: a list, a here-document as script, a line with here-documents."""
    if text.startswith("["):
        try:
            run.simple([plain_word(w) for w in json.loads(text)], True, True, False, True)
            return
        except (ValueError, TypeError):
            pass
    first, _, body = text.partition("\n")
    if re.match(r"<<-?\s*[\"']?\w+[\"']?\s*$", first):
        run.script(body, True, True)
    elif "<<" in first:
        run.script(first, True, True, [body])
    else:
        run.script(text, True, True)
    for act in run.traps:
        run.ends_early = False
        run.script(act, True, True)


def plain_word(text):
    word = Word()
    word.text, word.quoted = text, True
    return word
