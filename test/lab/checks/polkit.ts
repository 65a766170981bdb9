import { existsSync } from 'node:fs'
import { asUser, check, expectThat, PRODUCT, read, run, start, UID, until } from './guest.ts'
import { differences, listing } from './protection.ts'

const HELPER = `${PRODUCT}/firebreak-helper`
/** pkexec: not authorized; no dialog could be shown. */
const NOT_AUTHORIZED: ReadonlySet<number | null> = new Set([126, 127])
const HELPER_REFUSES = 3
const BY_HAND = 500
const BY_THE_CORE = 1000
const RAISE_LIMIT_S = 60
/** More than Firebreak overlooks as small (256 MiB), and well above the reserve. */
const HOG_MIB = 320
/** As systemd's driver of Docker names it. */
const SCOPE = `docker-${'0123456789abcdef'.repeat(4)}.scope`

/** Field 22 of /proc/PID/stat, counted from the name's last ')'. */
function startTicks(pid: number): string {
  const stat = read(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[22 - 3] ?? ''
}

const scoreOf = (pid: number): number => Number(read(`/proc/${pid}/oom_score_adj`))

const raise = (pid: number, adj: number): ReturnType<typeof asUser> =>
  asUser('pkexec', HELPER, 'set-oom-score-adj', String(pid), startTicks(pid), String(adj))

/** What the user may have the helper do without a password, and what the core does with that. */
export async function polkitChecks(startCore: () => void): Promise<void> {
  const hog = ['/lab/bin/gpuhog', 'hog', 'record=/run/lab/hog.rec', 'rate=200', `cap=${HOG_MIB}`]
  const scope = ['systemd-run', '--scope', '-q', '--slice=system.slice', `--unit=${SCOPE}`]
  const pid = start(...scope, ...hog, 'rest-available=0', 'refused=hold', 'rss=10').pid ?? 0
  await check('a model in root’s container', async () => {
    await until('the container’s hog', 60, () =>
      new RegExp(`^${pid} [1-9]`, 'm').test(existsSync('/proc/gpuhog') ? read('/proc/gpuhog') : '')
    )
    expectThat(read(`/proc/${pid}/cgroup`).includes(SCOPE), `it is in ${read(`/proc/${pid}/cgroup`)}`)
    expectThat(scoreOf(pid) === 0, `its oom_score_adj is ${scoreOf(pid)} at the start`)
    return `${SCOPE}, of user 0, on the GPU, oom_score_adj 0`
  })
  await check('set-oom-score-adj of a container’s model: no password', () => {
    const { code, said } = raise(pid, BY_HAND)
    expectThat(code === 0 && scoreOf(pid) === BY_HAND, `exit ${code}, ${said}; it is ${scoreOf(pid)}`)
    return `the ordinary user’s pkexec raised it to ${scoreOf(pid)}`
  })
  await check('set-oom-score-adj of a protected program: refused', () => {
    const sshd = Number(run('pgrep', '-x', 'sshd').said.split('\n')[0])
    const before = scoreOf(sshd)
    const { code, said } = raise(sshd, BY_THE_CORE)
    expectThat(code === HELPER_REFUSES && scoreOf(sshd) === before, `exit ${code}: ${said}`)
    return `exit ${code}: ${said}`
  })
  for (const [verb, ...args] of [
    ['install-protection', '--uid', String(UID), '--low', '500000000', '--min', '200000000'],
    ['remove-protection', '--uid', String(UID)],
    ['drop-caches']
  ] as const) {
    await check(`${verb} without a password: refused`, () => {
      const before = listing()
      const { code, said } = asUser('pkexec', HELPER, verb, ...args)
      expectThat(NOT_AUTHORIZED.has(code), `exit ${code}: ${said}`)
      const changed = differences(before, listing())
      expectThat(changed.length === 0, `changed: ${changed.join(', ')}`)
      return `exit ${code}, nothing changed`
    })
  }
  await check('the core is up', () => {
    startCore()
    return 'as the ordinary user, headless'
  })
  await check('the core raises the container’s model by itself', async () => {
    await until('an oom_score_adj of 1000', RAISE_LIMIT_S, () => scoreOf(pid) === BY_THE_CORE)
    return `oom_score_adj ${scoreOf(pid)}`
  })
  run('systemctl', 'stop', SCOPE)
}
