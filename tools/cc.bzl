"""C++ rules of lastack: cc_library and cc_test with the project's options and its precompiled headers.

Half of the time of a compilation went into the same headers of the standard library and Abseil (docs: CONTRIBUTING.md,
"Build"). They are compiled once, and every source file starts from there. Whatever does not fit (another compiler, other
options) reads the text instead: slower, and the same. `--define=precompiled=no` builds without, as the sanitizers do, so
that a forgotten #include shows.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@rules_cc//cc:defs.bzl", _cc_library = "cc_library", _cc_test = "cc_test")
load("//tools:copts.bzl", "LASTACK_COPTS")

def cc_library(name, srcs = [], copts = [], deps = [], precompiled = True, **kwargs):
    """rules_cc's cc_library with the project's options; one without sources is left as it is.

    Args:
      name: as usual.
      srcs: as usual.
      copts: after the project's.
      deps: as usual.
      precompiled: False for what is linked into programs that are judged: they know neither Abseil nor GoogleTest.
      **kwargs: as usual.
    """
    if srcs:
        copts = LASTACK_COPTS + copts + (_include("precompiled") if precompiled else [])
        deps = deps + (_dep("precompiled") if precompiled else [])
    # Linked into programs only: nobody waits for a shared object that nobody uses.
    _cc_library(name = name, srcs = srcs, copts = copts, linkstatic = True, deps = deps, **kwargs)

def cc_test(name, copts = [], deps = [], **kwargs):
    """rules_cc's cc_test with the project's options."""
    _cc_test(name = name, copts = LASTACK_COPTS + _include("precompiled_test") + copts, deps = deps + _dep("precompiled_test"), **kwargs)

def _include(precompiled):
    return select({
        "//tools:without_precompiled_header": [],
        # GCC spends a tenth of its time on collecting garbage, unless told that there is room.
        "//conditions:default": ["-include", "tools/%s.h" % precompiled, "--param=ggc-min-heapsize=524288"],
    })

def _dep(precompiled):
    return select({
        "//tools:without_precompiled_header": [],
        "//conditions:default": ["//tools:" + precompiled],
    })

def _precompiled_header_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    deps = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps])

    # Beside its precompiled form, where the compiler looks for it; the source tree holds none of this name.
    header = ctx.actions.declare_file(ctx.label.name + ".h")
    ctx.actions.symlink(output = header, target_file = ctx.file.header)
    headers = [header]
    if "clang" not in toolchain.compiler:  # which looks at time stamps, and refuses
        precompiled = ctx.actions.declare_file(ctx.label.name + ".h.gch")
        options = cc_common.get_memory_inefficient_command_line(
            feature_configuration = features,
            action_name = CPP_COMPILE_ACTION_NAME,
            variables = cc_common.create_compile_variables(
                feature_configuration = features,
                cc_toolchain = toolchain,
                include_directories = deps.compilation_context.includes,
                quote_include_directories = deps.compilation_context.quote_includes,
                system_include_directories = deps.compilation_context.system_includes,
                use_pic = True,
                user_compile_flags = ctx.fragments.cpp.copts + ctx.fragments.cpp.cxxopts + LASTACK_COPTS,
            ),
        )
        ctx.actions.run(
            executable = cc_common.get_tool_for_action(feature_configuration = features, action_name = CPP_COMPILE_ACTION_NAME),
            arguments = options + ["-x", "c++-header", header.path, "-o", precompiled.path],
            inputs = depset([header, ctx.file.header], transitive = [deps.compilation_context.headers, toolchain.all_files]),
            outputs = [precompiled],
            mnemonic = "CppPrecompile",
            progress_message = "Precompiling %s" % ctx.file.header.short_path,
        )
        headers.append(precompiled)
    own = CcInfo(compilation_context = cc_common.create_compilation_context(headers = depset(headers)))
    return [DefaultInfo(files = depset(headers)), cc_common.merge_cc_infos(cc_infos = [own, deps])]

precompiled_header = rule(
    implementation = _precompiled_header_impl,
    doc = "NAME.h and, for GCC, NAME.h.gch beside it: to be named by -include.",
    attrs = {
        "header": attr.label(mandatory = True, allow_single_file = [".h"]),
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
