"""Programs that are judged: built as anyone would build them, whatever the configuration of the harness.

A sanitizer in a subject would change what is judged: its runtime makes calls of its own and intercepts others. A
subject and all that it links are therefore built without the options of the command line (.bazelrc's sanitizers).
It carries the C++ library with it, so that nothing but libc lies between it and the agent.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//tools:copts.bzl", "LASTACK_COPTS")

def _plain_impl(_settings, _attr):
    return {
        "//command_line_option:copt": [],
        "//command_line_option:linkopt": [],
    }

_plain = transition(
    implementation = _plain_impl,
    inputs = [],
    outputs = [
        "//command_line_option:copt",
        "//command_line_option:linkopt",
    ],
)

def _subject_impl(ctx):
    program = ctx.attr.program[0][DefaultInfo]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = executable,
        target_file = program.files_to_run.executable,
        is_executable = True,
    )
    return [DefaultInfo(
        executable = executable,
        runfiles = ctx.runfiles([executable]).merge(program.default_runfiles),
    )]

_subject = rule(
    implementation = _subject_impl,
    attrs = {
        "program": attr.label(mandatory = True, cfg = _plain),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)

def uninstrumented(name, program, visibility = None, testonly = False):
    """`program`, built without the sanitizers of the command line, under the file name `name`.

    Args:
      name: the file's name.
      program: a cc_binary; for the agent, a shared object.
      visibility: as usual.
      testonly: as usual.
    """
    _subject(name = name, program = program, visibility = visibility, testonly = testonly)

def subject_binary(name, srcs, deps = [], linkopts = [], visibility = None):
    """A cc_binary that is never instrumented.

    Args:
      name: the program's name.
      srcs: its sources.
      deps: its libraries, which are built without sanitizers for it.
      linkopts: further linker options; ["-static"] for a program that the agent cannot enter.
      visibility: as usual.
    """
    cc_binary(
        name = name + "_program",
        srcs = srcs,
        copts = LASTACK_COPTS,
        linkopts = [
            "-static-libgcc",
            "-l:libstdc++.a",
            "-Wl,--as-needed",
        ] + linkopts,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps,
    )
    _subject(
        name = name,
        program = name + "_program",
        visibility = visibility,
    )
