"""Follows the title through the scripts of a job: into variables, files and pipes, to what is posted, and into texts that are
read as a program. Nothing is run; a label says what a text may hold: the `title`, or the `words` of the message."""
import re

MARK = "TheTitleOfTheIssue"
WORDS = "New issue:"
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


SHELLS = ("sh", "bash", "dash", "zsh", "ksh", "ash")
LANGUAGES = ("python", "python3", "node", "perl", "ruby", "php", "deno", "bun", "lua")
WRAPPERS = ("command", "time", "nice", "sudo", "exec", "builtin", "nohup", "env", "timeout", "xargs", "stdbuf")
KEYWORDS = ("if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!", "esac")
DATA = re.compile(r"(-d|-F|-T|--data|--data-raw|--data-binary|--data-ascii|--data-urlencode|--json|--form|--form-string|--upload-file)(?:$|=(?=.)|(?<=^-[dFT]))")
# What a program does with a shell, or with a program of its own language, at run time.
RUNS = re.compile(r"os\.system|popen|shell\s*=\s*True|\beval\b|(?<![.\w])exec\s*\(|execSync|child_process|\bFunction\s*\(|\bsystem\s*\(|%x|\bqx\b")
BACKTICKS = re.compile(r"`[^`]*`")


class Job:
    """What the variables and files of a job hold, and what was seen: `posted` (labels of each message), `code` (readers of the title)."""

    def __init__(self):
        self.names, self.files = {}, {}
        self.posted, self.code = [], []
        self.given = set()

    def run(self, script, names):
        """A step of the job, with its environment."""
        self.names = dict(names)
        # Twice, so that functions know what they are given.
        for _ in range(2):
            self.script(script)

    # --- labels ---

    def of_text(self, text):
        return ({"title"} if MARK in text else set()) | ({"words"} if WORDS in text else set())

    def of_word(self, word):
        found = self.of_text(word.text)
        for name in re.findall(r"\$\{?[#!]?(\w+|[@*])", word.live):
            found |= self.names.get(name, self.given if re.fullmatch(r"[1-9@*]", name) else set())
        for inner in word.inner:
            found |= self.script(inner)
        return found

    def of_file(self, name):
        return self.files.get(self.path(name), set())

    def path(self, name):
        return re.sub(r"^(\./|\$\{?(GITHUB_WORKSPACE|PWD|RUNNER_TEMP)\}?/|/tmp/)+", "", name).replace("{", "").replace("}", "")

    def mentioned(self, text):
        """The labels of the variables that a program in another language names."""
        found = self.of_text(text)
        for name, labels in self.names.items():
            if re.search(r"\b%s\b" % re.escape(name), text):
                found |= labels
        return found

    def reads(self, who, labels, text):
        if "title" in labels:
            self.code.append((who, text))

    # --- the shell ---

    def script(self, text):
        text, documents = without_documents(text)
        said, command, stdin = set(), [], set()
        for item in [*tokens(text), "\n"]:
            if isinstance(item, Word) or item not in OPS:
                command.append(item)
                continue
            if command:
                out = self.command(command, stdin, documents)
                said |= out if item not in ("|", "|&") else set()
                stdin = out if item in ("|", "|&") else set()
            command = []
        return said

    def command(self, items, stdin, documents):
        words, outs, place = [], [], 0
        while items and isinstance(items[0], Word) and items[0].text in KEYWORDS and not items[0].quoted:
            items = items[1:]
        while place < len(items):
            item = items[place]
            following = items[place + 1] if place + 1 < len(items) and isinstance(items[place + 1], Word) else None
            if isinstance(item, Word):
                words.append(item)
                place += 1
                continue
            if following is None:
                place += 1
                continue
            if item.startswith("<<") and item != "<<<":
                body, literal = documents.pop(0) if documents else ("", True)
                word = Word()
                word.text, word.live = body, "" if literal else body
                word.inner = [] if literal else re.findall(r"\$\(((?:[^()]|\([^()]*\))*)\)", body)
                stdin = self.of_word(word)
                self.document = body
            elif item == "<<<":
                stdin = self.of_word(following)
            elif item in ("<", "0<"):
                stdin = self.of_file(following.text)
            elif ">" in item and not item.endswith("&"):
                outs.append((item, following.text))
            place += 2
        self.document = getattr(self, "document", "")
        said = self.simple(words, stdin)
        self.document = ""
        for how, name in outs:
            if not how.startswith("2"):
                self.files[self.path(name)] = said | (self.of_file(name) if ">>" in how else set())
        return set() if any(not how.startswith("2") for how, _ in outs) else said

    def simple(self, words, stdin):
        if words and words[0].text == "for" and len(words) > 1:
            self.names[words[1].text] = set().union(*map(self.of_word, words[2:]))
            return set()
        while words and re.match(r"\w+\+?=", words[0].text):
            name = words[0].text.partition("=")[0].rstrip("+")
            self.names[name] = self.of_word(words[0]) | (self.names.get(name, set()) if "+=" in words[0].text else set())
            words = words[1:]
        input_of_args, slot = set(), None
        while words and words[0].text.rpartition("/")[2] in WRAPPERS and len(words) > 1:
            name = words[0].text.rpartition("/")[2]
            rest = words[1:]
            if name == "xargs":
                input_of_args = stdin
                for i, word in enumerate(rest):
                    if word.text.startswith("-I") or word.text.startswith("-i"):
                        slot = word.text[2:] or (rest[i + 1].text if word.text == "-I" and i + 1 < len(rest) else "{}")
                    if not word.text.startswith("-"):
                        break
            while rest and (rest[0].text.startswith("-") or name == "env" and re.match(r"\w+=", rest[0].text) or name == "timeout" and re.match(r"[\d.]+[smhd]?$", rest[0].text)):
                if name == "env" and re.match(r"\w+=", rest[0].text):
                    self.names[rest[0].text.partition("=")[0]] = self.of_word(rest[0])
                if name == "env" and rest[0].text.startswith(("-S", "--split")):
                    self.reads("env -S", self.of_word(rest[0]), rest[0].text)
                rest = rest[2 if rest[0].text in ("-I", "-n", "-L", "-P", "-d", "-u", "-E", "-s", "-k") else 1:]
            words = rest
        if not words:
            return input_of_args
        name, args = words[0].text.rpartition("/")[2], words[1:]
        self.reads("the shell, as a command,", self.of_word(words[0]) | (input_of_args if slot and slot in words[0].text else set()), words[0].text)
        options = [a for a in args if a.text.startswith("-")]
        plain = [a for a in args if not a.text.startswith("-")]
        labels = set().union(input_of_args, *map(self.of_word, args))

        if name in ("export", "local", "declare", "readonly", "typeset"):
            for a in args:
                if "=" in a.text:
                    self.names[a.text.partition("=")[0]] = self.of_word(a)
            return set()
        if name in ("read", "mapfile", "readarray"):
            for a in plain:
                self.names[a.text] = set(stdin)
            return set()
        if name in SHELLS:
            return self.inner_shell(name, args, stdin, input_of_args, slot)
        if name == "eval":
            self.reads("eval", labels, " ".join(a.text for a in args))
            return self.script(" ".join(a.text for a in args))
        if name in (".", "source"):
            self.reads(name, set().union(*(self.of_file(a.text) for a in plain)), " ".join(a.text for a in args))
            return set()
        if name in LANGUAGES:
            return self.program(name, args, stdin, input_of_args, slot)
        if name in ("jq", "yq", "sed", "awk", "gawk", "perl"):
            program = filter_of(name, args)
            for a in program:
                self.reads(name, self.of_word(a) | (input_of_args if slot and slot in a.text else set()), a.text)
                labels |= self.mentioned(a.text)
        if name == "tee":
            for a in plain:
                self.files[self.path(a.text)] = stdin | (self.of_file(a.text) if "-a" in [o.text for o in options] else set())
            return set(stdin)
        if name in ("cp", "mv", "ln", "install") and len(plain) >= 2:
            self.files[self.path(plain[-1].text)] = self.of_file(plain[0].text)
            return set()
        if name == "curl":
            return self.curl(args, stdin)
        if name == "envsubst":
            return stdin | labels | {label for labels in self.names.values() for label in labels if stdin}
        if name == "printf" and plain and "%" not in plain[0].text and not self.of_word(plain[0]) - {"words"}:
            return self.of_word(plain[0])
        if name in ("find", "ssh", "su", "watch", "parallel", "script", "at"):
            self.reads(name, labels, " ".join(a.text for a in args))
        self.given |= labels
        files = set().union(*(self.of_file(a.text) for a in plain))
        return labels | stdin | files if name not in ("test", "[", "[[", "true", "false", ":", "exit", "cd", "mkdir", "rm", "gh") else set()

    def inner_shell(self, name, args, stdin, input_of_args, slot):
        for place, a in enumerate(args):
            if re.fullmatch(r"-\w*c", a.text):
                text = args[place + 1] if place + 1 < len(args) else None
                # xargs puts what it read into the text, or instead of it.
                pasted = input_of_args if text is None or slot and slot in text.text else set()
                self.reads(name + " -c", pasted | (self.of_word(text) if text else set()), text.text if text else "")
                if text is None:
                    return set()
                before, given = dict(self.names), set(self.given)
                behind = set().union(input_of_args if not slot else set(), *map(self.of_word, args[place + 2:]))
                self.names.update({n: behind for n in "0123456789@*"})
                seen = len(self.posted)
                said = self.script(text.text) | pasted
                # What the outer shell put into the text is posted with it.
                self.posted[seen:] = [labels | self.of_word(text) for labels in self.posted[seen:]]
                self.names, self.given = before, given
                return said
        files = [a for a in args if not a.text.startswith("-")]
        if files:
            self.reads(name, self.of_file(files[0].text) | set().union(*(self.script(i) for i in files[0].inner)), files[0].text)
            return self.of_file(files[0].text)
        self.reads(name, stdin, "what it reads")
        return self.script(self.document) if self.document else set()

    def program(self, name, args, stdin, input_of_args, slot):
        text, rest = None, list(args)
        for place, a in enumerate(args):
            if re.fullmatch(r"-\w*[ecrp]|--eval|--print", a.text) and place + 1 < len(args):
                text, rest = args[place + 1], args[:place] + args[place + 2:]
                break
        else:
            plain = [a for a in args if not a.text.startswith("-")]
            if plain and not self.document:
                self.reads(name, self.of_file(plain[0].text), plain[0].text)
                return set().union(stdin, *map(self.of_word, args))
            text = Word()
            text.text = self.document
            self.reads(name, stdin, self.document[:80])
            stdin = set()
        self.reads(name, self.of_word(text) | (input_of_args if slot and slot in text.text else set()), text.text)
        labels = self.mentioned(text.text) | set().union(stdin, input_of_args, *map(self.of_word, rest))
        if RUNS.search(text.text) or name in ("perl", "ruby", "php") and BACKTICKS.search(text.text):
            self.reads(name + ", at run time,", labels, text.text)
        files = re.findall(r"['\"]([\w./-]+\.\w+)['\"]", text.text)
        for file in files:
            labels = labels | self.of_file(file)
        for file in files:
            self.files[self.path(file)] = self.of_file(file) | labels
        return labels

    def curl(self, args, stdin):
        if not any("CHAT_URL" in a.text for a in args):
            return set()
        sent, place = set(), 0
        while place < len(args):
            option = DATA.match(args[place].text)
            if option:
                short = args[place].text[option.end():]
                word = args[place]
                if not short:
                    place += 1
                    word = args[place] if place < len(args) else Word()
                    short = word.text
                at = short[1:] if short.startswith("@") else short.partition("=@")[2] or (short if option.group(1) in ("-T", "--upload-file") else None)
                sent |= self.of_word(word) if at is None else stdin if at == "-" or at.startswith("/dev/stdin") else self.of_file(at) | set().union(*(self.script(i) for i in word.inner))
            place += 1
        self.posted.append(sent)
        return set()


def without_documents(text):
    """A script without the bodies of its here-documents, and these: (body, whether the shell leaves it as it is)."""
    kept, found, lines = [], [], iter(text.split("\n"))
    for line in lines:
        kept.append(line)
        for quote, end in re.findall(r"(?<!<)<<-?\s*(['\"\\]?)(\w+)", line):
            body = []
            for inner in lines:
                if inner.strip() == end:
                    break
                body.append(inner)
            found.append(("\n".join(body), bool(quote)))
    return "\n".join(kept), found


def filter_of(name, args):
    """The words that jq, sed or awk read as their program."""
    takes = {"jq": {"--arg": 2, "--argjson": 2, "--rawfile": 2, "--slurpfile": 2, "--indent": 1, "-L": 1, "-f": 1, "--from-file": 1},
             "awk": {"-v": 1, "-F": 1, "-f": 1}, "gawk": {"-v": 1, "-F": 1, "-f": 1}, "sed": {"-f": 1}}.get(name, {})
    program, place = [], 0
    while place < len(args):
        text = args[place].text
        if text in ("--args", "--jsonargs"):
            break
        if text in takes:
            place += takes[text]
        elif name == "sed" and text in ("-e", "--expression") and place + 1 < len(args):
            program.append(args[place + 1])
            place += 1
        elif not text.startswith("-") and not program:
            program.append(args[place])
        place += 1
    return program
