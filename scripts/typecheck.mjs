// Type-checks each environment with its own tsconfig, so that a DOM type cannot leak into node code.
import { spawnSync } from 'node:child_process'

const environments = ['shared', 'node', 'preload', 'renderer', 'test']
const failed = environments.filter((name) => {
  const run = spawnSync('tsc', ['--noEmit', '-p', `tsconfig/${name}.json`], { stdio: 'inherit' })
  return run.status !== 0
})
if (failed.length > 0) {
  console.error(`type errors in: ${failed.join(', ')}`)
  process.exit(1)
}
