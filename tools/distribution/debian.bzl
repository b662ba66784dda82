"""Repositories made from Debian's packages, under the labels of the upstream projects.

Bazel 4 builds lastack from these with no network. Current Bazel reads MODULE.bazel instead, and loads of this file only
the libraries that are judged, when one of their drivers is built.
"""

_CC = 'load("@rules_cc//cc:defs.bzl", "cc_library")\n\n'

def _require(repository_ctx, path, package):
    if not repository_ctx.path(path).exists:
        fail("%s is missing. Mend it with:  apt-get install %s" % (path, package))

def _architecture(repository_ctx):
    return repository_ctx.execute(["uname", "-m"]).stdout.strip()

def _forwarding_impl(repository_ctx):
    repository_ctx.file("BUILD", "")
    repository_ctx.file("%s/BUILD" % repository_ctx.attr.package, "")
    repository_ctx.file(
        "%s/defs.bzl" % repository_ctx.attr.package,
        "".join(["%s = native.%s\n" % (rule, rule) for rule in repository_ctx.attr.rules]),
    )

forwarding_repository = repository_rule(
    implementation = _forwarding_impl,
    doc = "What current Bazel loads from a repository of rules, forwarded to the rules built into Bazel 4.",
    attrs = {
        "package": attr.string(mandatory = True, doc = "Where its defs.bzl is."),
        "rules": attr.string_list(mandatory = True, doc = "Their names."),
    },
)

def _coverage_tools_impl(repository_ctx):
    repository_ctx.file("BUILD", 'filegroup(name = "coverage_report_generator", visibility = ["//visibility:public"])\n')

coverage_tools_repository = repository_rule(
    implementation = _coverage_tools_impl,
    doc = "No tools for coverage, under the name by which `bazel test` asks for them.",
)

def _googletest_impl(repository_ctx):
    _require(repository_ctx, "/usr/lib/%s-linux-gnu/libgmock_main.a" % _architecture(repository_ctx), "libgmock-dev")
    repository_ctx.file("BUILD", """
package(default_visibility = ["//visibility:public"])

cc_library(
    name = "gtest",
    linkopts = ["-l:libgmock.a", "-l:libgtest.a", "-pthread"],
)

cc_library(
    name = "gtest_main",
    linkopts = ["-l:libgmock_main.a"],
    deps = [":gtest"],
)
""")

googletest_repository = repository_rule(
    implementation = _googletest_impl,
    doc = "GoogleTest and GoogleMock as compiled in Debian's package `libgmock-dev`; headers come from /usr/include.",
    local = True,
)

# Upstream package -> {upstream target: Debian's pkg-config name}. A row more when a target is first used.
_ABSEIL = {
    "cleanup": {"cleanup": "absl_cleanup"},
    "container": {"flat_hash_map": "absl_flat_hash_map"},
    "flags": {"flag": "absl_flags", "reflection": "absl_flags_reflection"},
    "status": {"status": "absl_status", "statusor": "absl_statusor"},
    "strings": {"str_format": "absl_str_format", "strings": "absl_strings"},
    "time": {"time": "absl_time"},
    "types": {"optional": "absl_optional"},
}

def _abseil_impl(repository_ctx):
    _require(repository_ctx, "/usr/include/absl/base/config.h", "libabsl-dev")
    if repository_ctx.which("pkg-config") == None:
        fail("pkg-config is missing. Mend it with:  apt-get install pkg-config")
    for package, targets in _ABSEIL.items():
        build = 'package(default_visibility = ["//visibility:public"])\n'
        for target, module in targets.items():
            found = repository_ctx.execute(["pkg-config", "--libs", "--static", module])
            if found.return_code != 0:
                fail("pkg-config knows no %s. Mend it with:  apt-get install libabsl-dev\n%s" % (module, found.stderr))

            # Archives, not shared objects: the command starts faster and runs where Abseil is not installed.
            words = [
                "-l:lib%s.a" % word[2:] if word.startswith("-labsl_") else word
                for word in found.stdout.strip().split(" ")
                if not word.startswith("-L")
            ]
            build += '\ncc_library(\n    name = "%s",\n    linkopts = %r,\n)\n' % (target, words)
        repository_ctx.file("absl/%s/BUILD" % package, build)
    repository_ctx.file("BUILD", "")

abseil_repository = repository_rule(
    implementation = _abseil_impl,
    doc = "Abseil as installed by Debian's package `libabsl-dev`; headers come from /usr/include.",
    local = True,
)

def _header_only_impl(repository_ctx):
    _require(repository_ctx, repository_ctx.attr.header, repository_ctx.attr.package)
    repository_ctx.file("BUILD", _CC + 'cc_library(name = "%s", visibility = ["//visibility:public"])\n' % repository_ctx.attr.target)

header_only_repository = repository_rule(
    implementation = _header_only_impl,
    doc = "A header-only library that the compiler already finds in /usr/include.",
    local = True,
    attrs = {
        "header": attr.string(mandatory = True, doc = "The header that proves that the package is there."),
        "package": attr.string(mandatory = True, doc = "Debian's package, named when the header is missing."),
        "target": attr.string(mandatory = True, doc = "The upstream target's name."),
    },
)

def _shared_library_impl(repository_ctx):
    module = repository_ctx.attr.module
    if repository_ctx.which("pkg-config") == None:
        fail("pkg-config is missing. Mend it with:  apt-get install pkg-config")
    found = repository_ctx.execute(["pkg-config", "--cflags", "--libs", module])
    if found.return_code != 0:
        fail("pkg-config knows no %s. Mend it with:  apt-get install %s\n%s" % (module, repository_ctx.attr.package, found.stderr))
    includes = []
    linkopts = []
    for word in found.stdout.strip().split(" "):
        if word.startswith("-I"):
            includes.append("include/%d" % len(includes))
            repository_ctx.symlink(word[2:], includes[-1])
        elif word.startswith("-l"):
            linkopts.append(word)
    repository_ctx.file("BUILD", _CC + """cc_library(
    name = "%s",
    hdrs = glob(["include/**"], allow_empty = True),
    includes = %r,
    linkopts = %r,
    visibility = ["//visibility:public"],
)
""" % (repository_ctx.attr.target, includes, linkopts))

shared_library_repository = repository_rule(
    implementation = _shared_library_impl,
    doc = "A shared library that pkg-config knows. Of what is judged: it is to be the one that the system has.",
    local = True,
    attrs = {
        "module": attr.string(mandatory = True, doc = "pkg-config's name."),
        "package": attr.string(mandatory = True, doc = "Debian's package, named when pkg-config knows none."),
        "target": attr.string(mandatory = True, doc = "The target's name."),
    },
)
