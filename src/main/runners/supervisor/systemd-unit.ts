import { execFile } from 'node:child_process'

/** A service that systemd runs, and which of its managers. */
export interface SystemdUnit {
  readonly name: string
  readonly manager: 'user' | 'system'
}

/** With --no-block systemctl only hands over the order; a manager that takes longer than this does not answer. */
const ORDER_DEADLINE_MS = 5_000

/** The command that stops a unit, also for people to copy. */
export function stopUnitCommand({ name, manager }: SystemdUnit): readonly string[] {
  return manager === 'user' ? ['systemctl', '--user', 'stop', name] : ['sudo', 'systemctl', 'stop', name]
}

/**
 * Orders systemd to stop a unit, so that it does not start again what is ended; returns before it has stopped. Why it
 * could not be ordered, or null.
 */
export function orderUnitStop(
  { name, manager }: SystemdUnit,
  env: NodeJS.ProcessEnv
): Promise<string | null> {
  const scope = manager === 'user' ? ['--user'] : []
  const args = [...scope, '--no-block', '--no-ask-password', 'stop', '--', name]
  return new Promise((settle) => {
    const options = { env, timeout: ORDER_DEADLINE_MS, killSignal: 'SIGKILL' } as const
    execFile('systemctl', args, options, (error, _stdout, stderr) => {
      settle(error === null ? null : stderr.trim().split('\n').at(-1) || error.message)
    })
  })
}
