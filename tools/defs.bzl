"""Bazel rules that judge how a program, or a driver for a socket library, closes its sockets.

    load("@lastack//tools:defs.bzl", "close_conformance_test")

    close_conformance_test(
        name = "client_close_test",
        subject = ":client",  # an executable that takes the URL of its peer
    )

    bazel test //:client_close_test                    judges it
    bazel test //:client_close_test --test_filter='linger/*'
    bazel run //:client_close_test.report              leaves lastack-report/client_close_test/index.html where you stand
    bazel run //:client_close_test.update_waivers -- --reason='the vendor knows: bug 7'

A subject that takes other arguments, or that is no target at all, is described by `socket_subject`; rules of your own
give `SocketSubjectInfo`.
"""

load(":profiles.bzl", "PROFILES")

SocketSubjectInfo = provider(
    doc = "How a program that uses sockets is started.",
    fields = {
        "command": "list of strings: the words of the command. {url}, {host} and {port} stand for the peer, or for where a " +
                   "server listens. Files are named as in the runfiles of the main repository.",
        "env": "dict: variables of its environment, which is otherwise empty but for PATH, LANG, HOME and TMPDIR",
        "runfiles": "runfiles: what it needs at run time",
    },
)

def _path_in_runfiles(file):
    # "../other_repository/file" for those of another repository. With a slash, or it would be looked up on the PATH.
    return file.short_path if "/" in file.short_path else "./" + file.short_path

def _executable_of(target):
    to_run = target[DefaultInfo].files_to_run
    return to_run.executable if to_run else None

def _socket_subject_impl(ctx):
    if bool(ctx.attr.binary) == bool(ctx.attr.program):
        fail("a socket_subject starts either a target (binary = \":client\") or a program of the system (program = \"curl\")")
    runfiles = ctx.runfiles(files = ctx.files.data)
    for one in ctx.attr.data:
        runfiles = runfiles.merge(one[DefaultInfo].default_runfiles)
    if ctx.attr.binary:
        binary = _executable_of(ctx.attr.binary)
        if not binary:
            fail("binary = \"%s\" cannot be executed: it must be the target of a *_binary rule" % ctx.attr.binary.label)
        first = _path_in_runfiles(binary)
        runfiles = runfiles.merge(ctx.runfiles(files = [binary])).merge(ctx.attr.binary[DefaultInfo].default_runfiles)
    else:
        first = ctx.attr.program
    words = [ctx.expand_location(word, targets = ctx.attr.data) for word in ctx.attr.args]
    return [SocketSubjectInfo(command = [first] + words, env = ctx.attr.env, runfiles = runfiles)]

socket_subject = rule(
    implementation = _socket_subject_impl,
    doc = "A command that close_conformance_test can judge: a target, or a program of the system, with its arguments.",
    attrs = {
        "args": attr.string_list(doc = "Arguments, with {url}, {host} and {port}; $(rootpath :file) for files of `data`."),
        "binary": attr.label(allow_files = True, doc = "An executable target, or a script."),
        "data": attr.label_list(allow_files = True, doc = "What it reads at run time."),
        "env": attr.string_dict(doc = "Variables of its environment."),
        "program": attr.string(doc = "A program of the system, looked up on the PATH of the machine that runs the test."),
    },
)

# What a plain executable is given.
_USUAL_ARGUMENTS = {
    "client": ["{host}", "{port}"],
    "library": [],
    "server": ["{host}", "{port}"],
    "unknown": ["{host}", "{port}"],  # a profile of the user's own
}

def _usual_arguments(profile, role):
    return ["{url}"] if profile == "http-client" else _USUAL_ARGUMENTS[role]

def _subject_of(ctx, target, profile, role):
    if SocketSubjectInfo in target:
        return target[SocketSubjectInfo]
    executable = _executable_of(target)
    if not executable:
        fail(("%s can be neither started nor asked how: name an executable target, a socket_subject, or a target of a rule " +
              "that gives SocketSubjectInfo") % target.label)
    return SocketSubjectInfo(
        command = [_path_in_runfiles(executable)] + _usual_arguments(profile, role),
        env = {},
        runfiles = ctx.runfiles(files = [executable]).merge(target[DefaultInfo].default_runfiles),
    )

def _check_placeholders(command, role):
    has = {word: any([("{%s}" % word) in part for part in command]) for word in ["url", "host", "port"]}
    if role == "library" or has["url"] or (has["host"] and has["port"]):
        return
    if role == "server":
        if not has["port"]:
            fail("the command does not say where to listen: %s. Put {port} into its args, and {host} where it takes an address" % command)
    elif not (role == "unknown" and has["port"]):
        fail("the command does not say where the peer is: %s. Put {url} into its args, or {host} and {port}" % command)

def _check_how(ctx):
    if not ctx.attr.profile_file and ctx.attr.profile not in PROFILES:
        fail("profile = \"%s\": there is no such profile. Known: %s; or the label of a file of yours that ends in .json" %
             (ctx.attr.profile, ", ".join([name for name in PROFILES if name != "driver"])))
    if ctx.attr.tier not in ["quick", "full"]:
        fail("tier = \"%s\": it is \"quick\", or \"full\", which also runs the cases that take their time" % ctx.attr.tier)
    if ctx.attr.repeat < 1:
        fail("repeat = %d: every case is run at least once" % ctx.attr.repeat)

def _check(ctx):
    if ctx.attr.subject and ctx.attr.driver:
        fail("both a subject and a driver: a test judges one of them. Write two tests, or a close_conformance_matrix")
    if not ctx.attr.subject and not ctx.attr.driver:
        fail("what is to be judged? Name a program (subject = \":client\") or a driver for a socket library (driver = \":driver\")")
    if ctx.attr.driver and (ctx.attr.profile_file or ctx.attr.profile != "driver"):
        fail("a driver has no profile: it is judged as the library that it drives. Leave `profile` out, or write subject = \"%s\"" % ctx.attr.driver.label)
    if ctx.attr.subject and ctx.attr.profile == "driver":
        fail("profile = \"driver\": write driver = \"%s\" in place of subject" % ctx.attr.subject.label)
    _check_how(ctx)

def _quoted(word):
    return "'" + word.replace("'", "'\\''") + "'"

_LAUNCHER = """#!/bin/sh
# {label}, made by close_conformance_test.
set -eu
runfiles=$0.runfiles
[ -d "$runfiles" ] || runfiles=${{TEST_SRCDIR:-${{RUNFILES_DIR:?"where are the runfiles? Start this by bazel"}}}}
cd "$runfiles/{workspace}"
{prepare}
export LASTACK_TARGET={target}
exec {lastack} audit {flags} "$@" {command} </dev/null
"""

_UPDATE_WAIVERS = """waivers=${{BUILD_WORKSPACE_DIRECTORY:?"start this by bazel run"}}/{path}
{hint}"""

_HINT = """echo "If it is not there yet, put  waivers = \\"{file}\\"  into {label}" >&2"""

def _files_of(ctx):
    return ctx.files.profile_file + ctx.files.waivers

def _waivers_path(ctx):
    if ctx.file.waivers:
        return ctx.file.waivers.short_path
    return (ctx.label.package + "/" if ctx.label.package else "") + "lastack.waivers.json"

def _test_name(ctx):
    """The test that a command stands beside, or itself."""
    return ctx.label.name if ctx.attr.mode == "test" else ctx.label.name[:ctx.label.name.rindex(".")]

def _mode(ctx):
    """(lines before, flags) of what the launcher does."""
    if ctx.attr.mode == "test":
        return "", ["--bazel"]
    name = _test_name(ctx)
    out = _quoted("--out=lastack-report/" + name)
    if ctx.attr.mode == "report":
        return "", [out]
    hint = "" if ctx.file.waivers else _HINT.format(file = "lastack.waivers.json", label = "//%s:%s" % (ctx.label.package, name))
    return _UPDATE_WAIVERS.format(path = _waivers_path(ctx), hint = hint), [out, "--update-waivers=\"$waivers\""]

def _profile_of(ctx):
    """(what --profile says, the role of its subjects)."""
    if ctx.attr.profile_file:
        return ctx.file.profile_file.short_path, "unknown"
    return ctx.attr.profile, PROFILES[ctx.attr.profile]

def _selection(ctx):
    """The flags that say which cases are run, and how often."""
    return [_quoted("--case=" + ctx.attr.cases), "--tier=" + ctx.attr.tier, "--repeat=%d" % ctx.attr.repeat]

def _conformance_impl(ctx):
    _check(ctx)
    profile, role = _profile_of(ctx)
    subject = _subject_of(ctx, ctx.attr.driver or ctx.attr.subject, ctx.attr.profile, role)
    _check_placeholders(subject.command, role)
    prepare, flags = _mode(ctx)
    flags += [_quoted("--profile=" + profile)] + _selection(ctx)
    flags += ["--strict"] if ctx.attr.strict else []
    if ctx.file.waivers and ctx.attr.mode != "update_waivers":
        flags.append(_quoted("--waivers=" + ctx.file.waivers.short_path))
    flags += [_quoted("--env=%s=%s" % (name, value)) for name, value in subject.env.items()]

    command = "-- " + " ".join([_quoted(word) for word in subject.command])
    return _launcher(ctx, prepare, flags, command, ctx.runfiles(files = _files_of(ctx)).merge(subject.runfiles), _test_name(ctx))

def _launcher(ctx, prepare, flags, command, runfiles, target):
    launcher = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        launcher,
        _LAUNCHER.format(
            label = str(ctx.label),
            workspace = ctx.workspace_name,
            prepare = prepare,
            lastack = _quoted(_path_in_runfiles(ctx.executable.lastack)),
            flags = " ".join(flags),
            command = command,
            target = _quoted("//%s:%s" % (ctx.label.package, target)),
        ),
        is_executable = True,
    )
    runfiles = runfiles.merge(ctx.runfiles(files = [launcher, ctx.executable.lastack])).merge(ctx.attr.lastack[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = launcher, runfiles = runfiles)]

# What is run, and as what subjects are taken: of every rule.
_HOW = {
    "cases": attr.string(default = "*"),
    "lastack": attr.label(default = Label("//tools/cli:lastack"), executable = True, cfg = "target", allow_files = True),
    "profile": attr.string(),
    "profile_file": attr.label(allow_single_file = [".json"]),
    "repeat": attr.int(default = 1),
    "tier": attr.string(default = "quick"),
}

_ATTRIBUTES = dict(
    _HOW,
    driver = attr.label(allow_files = True),
    mode = attr.string(values = ["test", "report", "update_waivers"]),
    strict = attr.bool(),
    subject = attr.label(allow_files = True),  # a script needs no rule
    waivers = attr.label(allow_single_file = [".json"]),
)

_conformance_test = rule(implementation = _conformance_impl, attrs = _ATTRIBUTES, test = True)

_conformance_command = rule(implementation = _conformance_impl, attrs = _ATTRIBUTES, executable = True)

def _comparison_impl(ctx):
    _check_how(ctx)
    profile, role = _profile_of(ctx)
    runfiles = ctx.runfiles(files = ctx.files.profile_file)
    entries = []
    for word, kind, target in zip(ctx.attr.words, ctx.attr.kinds, ctx.attr.targets):
        is_driver = kind == "driver"
        subject = _subject_of(ctx, target, "driver" if is_driver else ctx.attr.profile, "library" if is_driver else role)
        entry = {"name": word, "env": ["%s=%s" % (name, value) for name, value in subject.env.items()]}
        entry.update([("driver", subject.command)] if is_driver else [("command", subject.command), ("profile", profile)])
        entries.append(entry)
        runfiles = runfiles.merge(subject.runfiles)
    matrix = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(matrix, json.encode(entries))
    name = ctx.label.name[:ctx.label.name.rindex(".")]
    flags = [_quoted("--matrix=" + matrix.short_path), _quoted("--out=lastack-report/" + name)] + _selection(ctx)
    return _launcher(ctx, "", flags, "", runfiles.merge(ctx.runfiles(files = [matrix])), name + "_{name}")

_comparison = rule(
    implementation = _comparison_impl,
    attrs = dict(
        _HOW,
        kinds = attr.string_list(),
        targets = attr.label_list(allow_files = True),
        words = attr.string_list(),
    ),
    executable = True,
)

def _profile_attributes(profile, by_default):
    own = profile != None and profile.endswith(".json")
    return {"profile": "" if own else profile or by_default, "profile_file": profile if own else None}

def close_conformance_test(
        name,
        subject = None,
        driver = None,
        profile = None,
        cases = "*",
        tier = "quick",
        waivers = None,
        repeat = 1,
        strict = False,
        shard_count = None,
        **kwargs):
    """A test that fails where a program, or a socket library, does not close as it must.

    Beside the test `name` it makes two commands for `bazel run`: `name.report`, which leaves the report in the directory
    where you stand, and `name.update_waivers`, which writes what fails now into the file of waivers (-- --reason=TEXT).

    Args:
      name: of the test.
      subject: what is judged: an executable target, which is given {url} by the profile http-client, and {host} {port} by
        all others; or a socket_subject, or a target of another rule that gives SocketSubjectInfo.
      driver: in place of a subject: a driver for a socket library, of the same kinds.
      profile: what the subject speaks, as in `lastack help audit`: by default "http-client"; or the label of a profile of
        your own, which ends in .json.
      cases: a pattern, or several with commas between them: only the cases whose id matches one.
      tier: "quick", or "full": also the cases that take their time.
      waivers: a lastack.waivers.json: failures that are known and accepted.
      repeat: how often everything is run; a case whose verdicts differ is flaky.
      strict: advisories fail, too.
      shard_count: among how many tests the cases are divided, which may run beside each other, on many machines.
      **kwargs: what all tests have: size, timeout, tags, visibility, ...
    """
    attributes = dict(
        _profile_attributes(profile, "driver" if driver and not subject else "http-client"),
        cases = cases,
        driver = driver,
        repeat = repeat,
        strict = strict,
        subject = subject,
        tier = tier,
        waivers = waivers,
    )
    shared = {key: kwargs[key] for key in ["visibility", "testonly", "target_compatible_with"] if key in kwargs}
    _conformance_test(name = name, mode = "test", shard_count = shard_count, **dict(attributes, **kwargs))
    for mode in ["report", "update_waivers"]:
        # Built when they are asked for; testonly, since a subject may be.
        _conformance_command(
            name = name + "." + mode,
            mode = mode,
            tags = ["manual"],
            **dict(dict(attributes, testonly = True), **shared)
        )

def close_conformance_matrix(
        name,
        subjects = {},
        drivers = {},
        profile = None,
        cases = "*",
        tier = "quick",
        repeat = 1,
        waivers = {},
        tags = [],
        **kwargs):
    """A close_conformance_test for each of several programs or drivers, a test_suite of them all, and their comparison.

    The tests are called `name_WORD`, with their commands beside them (`name_WORD.report`). `bazel run :name.report` leaves
    the comparison, lastack-report/name/matrix.html, where you stand.

    Args:
      name: of the suite.
      subjects: dict: a word for each, and what close_conformance_test takes as `subject`.
      drivers: the same, of drivers.
      profile: what all subjects speak, as in close_conformance_test.
      cases: as in close_conformance_test.
      tier: as in close_conformance_test.
      repeat: as in close_conformance_test.
      waivers: dict: a word of one of them, and its file of waivers.
      tags: of the tests and the suite.
      **kwargs: for each test, as in close_conformance_test.
    """
    if not subjects and not drivers:
        fail("close_conformance_matrix(name = \"%s\"): what is to be judged? Name subjects or drivers" % name)
    both = [word for word in drivers if word in subjects]
    if both:
        fail("close_conformance_matrix(name = \"%s\"): \"%s\" is both a subject and a driver" % (name, both[0]))
    judged = [(word, "subject", target) for word, target in subjects.items()] + [(word, "driver", target) for word, target in drivers.items()]
    words = [word for word, _, _ in judged]
    for word in waivers:
        if word not in words:
            fail("close_conformance_matrix(name = \"%s\"): waivers of \"%s\", which is none of: %s" % (name, word, ", ".join(words)))

    how = {"cases": cases, "repeat": repeat, "tier": tier}
    for word, kind, target in judged:
        what = {"driver": target} if kind == "driver" else {"profile": profile, "subject": target}
        close_conformance_test(name = "%s_%s" % (name, word), waivers = waivers.get(word), tags = tags, **dict(dict(how, **what), **kwargs))
    native.test_suite(
        name = name,
        tests = ["%s_%s" % (name, word) for word in words],
        tags = [tag for tag in tags if tag == "manual"],
    )
    _comparison(
        name = name + ".report",
        kinds = [kind for _, kind, _ in judged],
        tags = ["manual"],
        targets = [target for _, _, target in judged],
        testonly = True,
        words = words,
        **dict(_profile_attributes(profile, "http-client"), **how)
    )
