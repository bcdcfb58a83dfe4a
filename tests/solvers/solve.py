"""Answers SMT-LIB questions: one JSON object a line in (`id`, `text`), one out (`id`, `answer`, `milliseconds` of work).

Arguments: z3 or cvc5, and the file of the questions. Each question has a bound in the solver's own units of work, so that
the answers are the same on any machine; `unknown` beyond it.
"""

import json
import sys
import time


def z3_answer(text):
    import z3

    # A context of its own: nothing is left over from the question before.
    solver = z3.Solver(ctx=z3.Context())
    solver.set("rlimit", 2_000_000)
    solver.from_string(text)
    return str(solver.check())


def cvc5_answer(text):
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("rlimit-per", "100000")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "question")
    symbols, answer = parser.getSymbolManager(), ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer.strip()
        answer = command.invoke(solver, symbols)


def main():
    name, path = sys.argv[1:]
    answer = {"z3": z3_answer, "cvc5": cvc5_answer}[name]
    with open(path, encoding="utf-8") as questions:
        for line in questions:
            question = json.loads(line)
            begin = time.process_time()
            said = answer(question["text"]).split()[0]
            milliseconds = round((time.process_time() - begin) * 1000, 1)
            print(json.dumps({"id": question["id"], "answer": said, "milliseconds": milliseconds}))


main()
