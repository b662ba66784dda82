"""Embeds text files, so that the binary needs no file beside it."""

def embedded_text(name, src):
    """Makes `<src>.inc`: the file as a C++ raw string literal, for `constexpr char kText[] = \\n#include ...`.

    Args:
      name: name of the target that makes it.
      src: a text file that does not contain `)embedded"`.
    """
    native.genrule(
        name = name,
        srcs = [src],
        outs = [src + ".inc"],
        cmd = """{ printf 'R"embedded('; cat $<; printf ')embedded"\\n'; } > $@""",
    )
