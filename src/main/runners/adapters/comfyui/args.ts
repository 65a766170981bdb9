import { posix } from 'node:path'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { FieldProfile } from '../../../../shared/model/runner.ts'
import { flagSetting, listSetting, numberSetting, textSetting } from '../../../../shared/model/specs/index.ts'
import { err, ok, type Result } from '../../../../shared/util/result.ts'
import { refuseOptions } from '../common/extra-args.ts'
import type { Command, Listen } from '../common/field-adapter.ts'

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['--port', 'Set the port in the profile.'],
  ['--listen', "Switch 'Reachable from the network' on or off in the profile."],
  ['--tls-keyfile', 'Firebreak asks it over plain HTTP on this machine.']
])

/** main.py and its options. The folder is a whole path by now; in a container it may be the image's own. */
export function comfyCommand(
  profile: FieldProfile,
  listen: Listen,
  isContainer: boolean
): Result<Command, ContractError> {
  const extraArgs = listSetting(profile, 'extraArgs')
  const refused = refuseOptions(extraArgs, REFUSED)
  if (refused !== null) return err(refused)
  const folder = textSetting(profile, 'folder')
  const isInImage = isContainer && !folder.startsWith('/')
  const vram = textSetting(profile, 'vram')
  const reserve = numberSetting(profile, 'reserveVramGiB')
  return ok({
    args: [
      isInImage ? 'main.py' : posix.join(folder, 'main.py'),
      '--listen',
      listen.host,
      '--port',
      String(listen.port),
      '--disable-auto-launch',
      ...(vram === 'auto' ? [] : [`--${vram}`]),
      ...(reserve > 0 ? ['--reserve-vram', String(reserve)] : []),
      ...(flagSetting(profile, 'disableMmap') ? ['--disable-mmap'] : []),
      ...(flagSetting(profile, 'disablePinned') ? ['--disable-pinned-memory'] : []),
      ...extraArgs
    ],
    env: { PYTHONUNBUFFERED: '1' }
  })
}
