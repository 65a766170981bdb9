import { copyFileSync, chmodSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { askCore, check, expectThat, isNamedRunning, must, read, run, start, until } from './guest.ts'

const START_LIMIT_S = 120
const SWAP_FILE = '/swapfile'
const SWAPPINESS = '/proc/sys/vm/swappiness'
const RAYLET = '/usr/local/bin/raylet'
const OOMD_UNITS = ['systemd-oomd.service', 'systemd-oomd.socket']

interface Found {
  readonly id: string
  readonly title: string
}

async function found(): Promise<readonly Found[]> {
  const { conflicts } = (await askCore('protection.get')) as { readonly conflicts: readonly Found[] }
  return conflicts
}

async function expectFound(...wanted: readonly string[]): Promise<string> {
  const conflicts = await found()
  const ids = conflicts.map(({ id }) => id)
  expectThat(
    ids.toSorted().join() === wanted.toSorted().join(),
    `found ${ids.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`
  )
  return conflicts.map(({ title }) => title).join('; ') || 'nothing found'
}

/** A condition of the machine, with the conflicts that Firebreak is to find then, and no others. */
interface Trial {
  readonly name: string
  readonly finds: readonly string[]
  begin(): void | Promise<void>
  end(): void | Promise<void>
}

const service = (name: string, unit: string, finds: readonly string[]): Trial => ({
  name: `${name} (the real one)`,
  finds,
  async begin() {
    must('systemctl', 'start', unit)
    await until(name, START_LIMIT_S, () => isNamedRunning(name))
  },
  async end() {
    must('systemctl', 'stop', unit)
    await until(`the end of ${name}`, START_LIMIT_S, () => !isNamedRunning(name))
  }
})

function oomd(): Trial {
  const real = service('systemd-oomd', 'systemd-oomd.service', ['systemd-oomd'])
  return {
    ...real,
    async begin() {
      for (const unit of OOMD_UNITS) unlinkSync(`/etc/systemd/system/${unit}`)
      must('systemctl', 'daemon-reload')
      await real.begin()
    },
    async end() {
      must('systemctl', 'stop', ...OOMD_UNITS)
      for (const unit of OOMD_UNITS) symlinkSync('/dev/null', `/etc/systemd/system/${unit}`)
      must('systemctl', 'daemon-reload')
    }
  }
}

const swap = (swappiness: number, finds: readonly string[]): Trial => ({
  name: `a swap file, vm.swappiness ${swappiness}`,
  finds,
  begin() {
    must('dd', 'if=/dev/zero', `of=${SWAP_FILE}`, 'bs=1M', 'count=32')
    must('chmod', '600', SWAP_FILE)
    must('mkswap', SWAP_FILE)
    must('swapon', SWAP_FILE)
    must('sysctl', '-q', `vm.swappiness=${swappiness}`)
    expectThat(read(SWAPPINESS) === String(swappiness), `vm.swappiness is ${read(SWAPPINESS)}`)
  },
  end() {
    must('swapoff', SWAP_FILE)
    rmSync(SWAP_FILE)
    must('sysctl', '-q', 'vm.swappiness=60')
  }
})

/** Ray is far too big for the guest: only a process of its name, with its environment. */
const raylet = (environment: string, finds: readonly string[]): Trial => ({
  name: `raylet with ${environment} (a stand-in)`,
  finds,
  async begin() {
    copyFileSync('/usr/bin/sleep', RAYLET)
    chmodSync(RAYLET, 0o755)
    start('runuser', '-u', 'lab', '--', 'env', environment, RAYLET, '100000')
    await until('raylet', START_LIMIT_S, () => isNamedRunning('raylet'))
  },
  async end() {
    run('pkill', '-x', 'raylet')
    await until('the end of raylet', START_LIMIT_S, () => !isNamedRunning('raylet'))
  }
})

/** Each conflict: not found before it is there, found while it is, and not any more afterwards. */
export async function conflictChecks(): Promise<void> {
  const trials = [
    service('earlyoom', 'earlyoom.service', ['earlyoom', 'earlyoom-percentage']),
    oomd(),
    service('nohang', 'nohang.service', ['nohang']),
    swap(60, ['swap', 'swappiness']),
    swap(10, ['swap']),
    raylet('RAY_memory_usage_threshold=0.9', ['ray-memory-monitor']),
    raylet('RAY_memory_monitor_refresh_ms=0', [])
  ]
  await check('no conflict before any is there', () => expectFound())
  for (const { name, finds, begin, end } of trials) {
    await check(
      `${name}: ${finds.length === 0 ? 'no conflict' : `found as ${finds.join(', ')}`}`,
      async () => {
        await begin()
        try {
          return await expectFound(...finds)
        } finally {
          await end()
        }
      }
    )
    await check(`${name}: nothing left afterwards`, () => expectFound())
  }
}
