// `npm test`: everything, in the order in which it is cheapest to fail.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureSystemNeeds } from './system-needs.mjs'

const root = join(import.meta.dirname, '..')
const bin = (name) => join(root, 'node_modules', '.bin', name)

const unmet = ensureSystemNeeds()
// Every end-to-end test drives a browser; the others skip one by one, with their reason.
const withoutBrowser = unmet.some((need) => need.commands.includes('chromium')) ? ['--project', '!e2e'] : []

const steps = [
  ['lint', bin('oxlint'), ['--max-warnings', '0']],
  ['format', bin('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['typecheck', process.execPath, ['scripts/typecheck.mjs']],
  ['build', process.execPath, ['scripts/build.mjs']],
  ['tests', bin('vitest'), ['run', ...withoutBrowser, ...process.argv.slice(2)]]
]

for (const need of ensureSystemNeeds())
  console.error(`without ${need.what}, the tests that need it are skipped`)

for (const [name, file, args] of steps) {
  const started = performance.now()
  const run = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  if (run.status !== 0) {
    console.error(`npm test: ${name} failed (${run.signal ?? `exit ${run.status}`})`)
    process.exit(1)
  }
  console.log(`npm test: ${name} ok in ${((performance.now() - started) / 1000).toFixed(1)} s`)
}
