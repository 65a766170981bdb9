import type { Command } from '../command.ts'
import { findByPid } from './found.ts'
import { describe } from './start.ts'

export const adopt: Command = {
  name: 'adopt',
  about: 'take over a runner that was started elsewhere; it gets a profile',
  positionals: [{ name: 'PID', about: "a process of it, as 'firebreakctl runners' lists them" }],
  options: {},
  example: 'firebreakctl adopt 4711 --json',
  async run({ positionals: [pid = ''], connect }) {
    const core = await connect()
    if (!core.ok) return core
    const { client } = core.value
    const found = await findByPid(client, pid)
    if (!found.ok) return found
    const { startTicks } = found.value
    const adopted = await client.call('runners.adopt', { pid: found.value.pid, startTicks })
    return adopted.ok ? describe(adopted.value) : adopted
  }
}
