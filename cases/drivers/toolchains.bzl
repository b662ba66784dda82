"""Drivers in compiled languages, by the compilers that the system has; Bazel 4 brings rules for none of them."""

def _needs(program, package):
    missing = "echo '%s is missing. Mend it with:  apt-get install %s' >&2" % (program, package)
    return "command -v %s >/dev/null || { %s; exit 1; }\n" % (program, missing)

def go_driver(name, srcs):
    """A program by `go build`.

    Args:
      name: the program's name.
      srcs: its files, of one package.
    """

    # The directory goes into the program: it is called by the same name everywhere.
    native.genrule(
        name = name + "_program",
        srcs = srcs,
        outs = [name],
        cmd = _needs("go", "golang-go") + """
            export HOME=$$(mktemp -d) GO111MODULE=off GOFLAGS= GOPROXY=off PWD=/proc/self/cwd
            trap 'rm -rf "$$HOME"' EXIT
            go build -o $@ $(SRCS)
        """,
        executable = True,
        message = "Building by go",
    )

def rust_driver(name, srcs):
    """A program by `rustc`.

    Args:
      name: the program's name.
      srcs: that of `main` first, and its modules.
    """
    native.genrule(
        name = name + "_program",
        srcs = srcs,
        outs = [name],
        cmd = _needs("rustc", "rustc") +
              "rustc --edition 2021 -C opt-level=1 --remap-path-prefix=$$PWD=. -o $@ $(location %s)" % srcs[0],
        executable = True,
        message = "Building by rustc",
    )

_JAVA_LAUNCHER = """#!/bin/sh
# These options start the JVM sooner; its sockets stay what they are.
command -v java >/dev/null || { echo \"java is missing. Mend it with:  apt-get install default-jre-headless\" >&2; exit 127; }
exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData -cp \"$${0%%/*}/drivers.jar\" %s
"""

def java_drivers(name, srcs, drivers):
    """NAME/PROGRAM for every driver, and the archive of classes that they share.

    Args:
      name: a file group of all that they take to run, and their folder.
      srcs: the sources of all.
      drivers: {program: class}.
    """
    native.genrule(
        name = name + "_classes",
        srcs = srcs,
        outs = [name + "/drivers.jar"],
        cmd = _needs("javac", "default-jdk-headless") + """
            classes=$$(mktemp -d)
            trap 'rm -rf "$$classes"' EXIT
            javac -Xlint:all -Werror -d "$$classes" $(SRCS)
            jar --create --file $@ --date=1980-01-01T00:00:02Z -C "$$classes" .
        """,
        message = "Building by javac",
    )
    for program, main in drivers.items():
        native.genrule(
            name = "%s_%s_launcher" % (name, program),
            outs = ["%s/%s" % (name, program)],
            cmd = "cat >$@ <<'end'\n%send\n" % (_JAVA_LAUNCHER % main),
            executable = True,
        )
    native.filegroup(
        name = name,
        srcs = [name + "/drivers.jar"] + ["%s/%s" % (name, program) for program in drivers],
    )
