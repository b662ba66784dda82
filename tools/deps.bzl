"""What a WORKSPACE needs to build lastack from Debian's packages, without a network:

    load("@lastack//tools:deps.bzl", "lastack_dependencies")

    lastack_dependencies()

Current Bazel reads MODULE.bazel instead and never loads this file.
"""

load(
    "//tools/distribution:debian.bzl",
    "abseil_repository",
    "coverage_tools_repository",
    "forwarding_repository",
    "googletest_repository",
    "header_only_repository",
    "shared_library_repository",
)

def lastack_dependencies():
    """Makes the repositories that are not there yet: what stands before this call in the WORKSPACE wins."""

    # Bazel 4's own tools ask for these three; without them it would try to download them.
    _maybe(
        forwarding_repository,
        name = "rules_cc",
        package = "cc",
        rules = [
            "cc_binary",
            "cc_import",
            "cc_library",
            "cc_proto_library",
            "cc_test",
            "cc_toolchain",
            "cc_toolchain_suite",
            "fdo_prefetch_hints",
            "fdo_profile",
            "objc_library",
        ],
    )
    _maybe(
        forwarding_repository,
        name = "rules_java",
        package = "java",
        rules = [
            "java_binary",
            "java_import",
            "java_library",
            "java_plugin",
            "java_proto_library",
            "java_runtime",
            "java_test",
            "java_toolchain",
        ],
    )
    _maybe(coverage_tools_repository, name = "remote_coverage_tools")
    _maybe(abseil_repository, name = "com_google_absl")
    _maybe(googletest_repository, name = "com_google_googletest")
    _maybe(
        header_only_repository,
        name = "nlohmann_json",
        header = "/usr/include/nlohmann/json.hpp",
        package = "nlohmann-json3-dev",
        target = "json",
    )

def lastack_judged_libraries():
    """Makes the repositories of the libraries that have a driver (//cases/drivers/cpp); nothing else asks for them."""
    _maybe(
        header_only_repository,
        name = "asio",
        header = "/usr/include/asio.hpp",
        package = "libasio-dev",
        target = "asio",
    )
    _maybe(
        shared_library_repository,
        name = "libuv",
        module = "libuv",
        package = "libuv1-dev",
        target = "uv",
    )
    _maybe(
        shared_library_repository,
        name = "libevent",
        module = "libevent",
        package = "libevent-dev",
        target = "event",
    )
    _maybe(
        shared_library_repository,
        name = "glib",
        module = "gio-2.0",
        package = "libglib2.0-dev",
        target = "gio",
    )

def _maybe(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)
