import { basename } from 'node:path'
import { RUNNER_KINDS } from '../../../shared/model/runner.ts'
import type { RunnerKind } from '../../../shared/model/runner.ts'
import type { RunnerAdapter } from '../supervisor/adapter.ts'
import type { Match } from './groups.ts'

/** Programs whose arguments are another program's command line, or text: they run no model themselves. */
const CARRIERS =
  /^(?:sudo|su|doas|env|nohup|setsid|timeout|time|nice|ionice|taskset|numactl|stdbuf|script|watch|xargs|strace|gdb|docker|podman|nerdctl|conmon|runc|crun|containerd-shim.*|systemd-run|systemctl|journalctl|ssh|mosh|tmux|screen|(?:ba|z|fi|da|k|tc|c)?sh|vi|vim|nvim|nano|emacs|less|more|tail|cat|grep|rg|find|man|code|git|curl|wget|make|cmake|ninja|gcc|g\+\+|cc1plus|nvcc|pip\d*|uv|firebreakctl)$/

/** Which kind of runner a command line is; null: none. A custom command is never recognised by its looks. */
export function recogniseRunner(
  adapters: Readonly<Record<RunnerKind, Pick<RunnerAdapter, 'recognise'>>>,
  commandLine: readonly string[]
): Match | null {
  if (CARRIERS.test(basename(commandLine[0] ?? '').replace(/^-/, ''))) return null
  for (const kind of RUNNER_KINDS) {
    const says = adapters[kind].recognise(commandLine)
    if (says !== null) return { kind, says }
  }
  return null
}
