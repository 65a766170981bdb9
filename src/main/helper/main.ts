import { EXIT_CODES } from './outcome.ts'
import { REAL_ROOTS } from './roots.ts'
import { runHelper } from './run-helper.ts'

/**
 * The part of Firebreak that runs as root: five fixed verbs, one per start, and nothing that stays.
 *
 * Started by pkexec. It takes nothing from the environment, keeps no state and listens to nobody.
 */
const PLAIN_UMASK = 0o022

process.umask(PLAIN_UMASK)
process.chdir('/')
const outcome = runHelper(process.argv.slice(2), process.geteuid?.() ?? -1, REAL_ROOTS)
if (outcome.ok) process.stdout.write(`${outcome.value}\n`)
else process.stderr.write(`firebreak-helper: ${outcome.error.message}\n`)
process.exitCode = outcome.ok ? EXIT_CODES.done : outcome.error.exitCode
