"""What a WORKSPACE needs to build lastack from Debian's packages, without a network:

    load("@lastack//tools:deps.bzl", "lastack_dependencies")

    lastack_dependencies()

Current Bazel reads MODULE.bazel instead and never loads this file.
"""

load(
    "//tools/distribution:debian.bzl",
    "abseil_repository",
    "forwarding_repository",
    "googletest_repository",
    "header_only_repository",
)

def lastack_dependencies():
    """Makes the repositories that are not there yet: what stands before this call in the WORKSPACE wins."""

    # Bazel 4's own tools ask for these three; without them it would try to download them.
    _maybe(
        forwarding_repository,
        name = "rules_cc",
        files = {
            Label("//tools/distribution/rules_cc:BUILD"): "BUILD",
            Label("//tools/distribution/rules_cc/cc:BUILD"): "cc/BUILD",
            Label("//tools/distribution/rules_cc/cc:defs.bzl"): "cc/defs.bzl",
        },
    )
    _maybe(
        forwarding_repository,
        name = "rules_java",
        files = {
            Label("//tools/distribution/rules_java:BUILD"): "BUILD",
            Label("//tools/distribution/rules_java/java:BUILD"): "java/BUILD",
            Label("//tools/distribution/rules_java/java:defs.bzl"): "java/defs.bzl",
        },
    )
    _maybe(
        forwarding_repository,
        name = "remote_coverage_tools",
        files = {Label("//tools/distribution/coverage_tools:BUILD"): "BUILD"},
    )
    _maybe(abseil_repository, name = "com_google_absl")
    _maybe(googletest_repository, name = "com_google_googletest")
    _maybe(
        header_only_repository,
        name = "nlohmann_json",
        header = "/usr/include/nlohmann/json.hpp",
        package = "nlohmann-json3-dev",
        target = "json",
    )

def _maybe(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)
