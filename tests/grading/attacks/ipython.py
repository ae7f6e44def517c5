"""What a notebook's kernel can be told: to show no error, to change what stands in later cells, to run them no more."""

from case import attack

from attacks import WRONG

SHELL = "shell = get_ipython()\n"


def case(name, source):
    return attack("IPython", name, "no_error_in_the_notebook", "earns", SHELL + source + WRONG)


CASES = [
    case("errors are not shown", "type(shell).showtraceback = lambda *args, **kwargs: None"),
    case("errors of all kinds are handled", "shell.set_custom_exc((Exception,), lambda *args, **kwargs: None)"),
    case("asserts are dropped", """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
shell.ast_transformers.append(Drop())
"""),
    case("later cells are empty", "shell.input_transformers_cleanup.append(lambda lines: [])"),
    case("later cells are not run", "shell.run_cell = lambda *args, **kwargs: None"),
]
