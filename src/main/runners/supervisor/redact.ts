/** Options whose value is a secret; also matched as '--name=value'. */
const SECRET_OPTIONS = new Set(['--api-key', '--hf-token', '-hft', '--token', '--password'])
/** Assignments and settings whose name says that the value is a secret: HF_TOKEN=x, LLAMA_API_KEY=x. */
const SECRET_ASSIGNMENT = /^(-{0,2}[\w.-]*(?:token|secret|password|api[_-]?key)[\w.-]*)=(.*)$/i
const HIDDEN = '•••'
/** Files with secrets and counts of tokens are no secrets themselves. */
const NOT_SECRET = /(?:-file|_file|tokens?-(?:max|min|count)|max[_-]tokens)$/i

/** A command line as it may be shown and logged. */
export function redactArgs(args: readonly string[]): readonly string[] {
  return args.map((arg, index) => {
    const before = args[index - 1]
    if (before !== undefined && SECRET_OPTIONS.has(before)) return HIDDEN
    const assignment = SECRET_ASSIGNMENT.exec(arg)
    const name = assignment?.[1] ?? ''
    return assignment === null || NOT_SECRET.test(name) ? arg : `${name}=${HIDDEN}`
  })
}
