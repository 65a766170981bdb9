import type { ContractError } from '../../../shared/contract/errors.ts'
import type { LaunchPlan } from '../supervisor/adapter.ts'
import type { EngineFault } from './engine-client.ts'
import { faultInWords } from './fault-words.ts'

const LONGEST_REASON = 400

/** Why a container could not be made or started, and what to do about it; the engine's own words go with it. */
export function startFault(fault: EngineFault, plan: LaunchPlan): ContractError {
  if (fault.kind !== 'refused') return faultInWords('to start a container', fault)
  const detail = fault.text.slice(0, LONGEST_REASON)
  const image = plan.container?.image ?? ''
  if (
    /could not select device driver|nvidia-container-(?:cli|runtime)|CDI device|nvidia\.com\/gpu/i.test(
      detail
    )
  ) {
    return {
      code: 'runner-missing',
      message:
        'The container engine cannot give GPUs to containers. Install nvidia-container-toolkit, then run ' +
        'sudo nvidia-ctk runtime configure --runtime=docker and restart docker; for Podman, 5 or newer, run ' +
        'sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml.',
      detail
    }
  }
  if (/already (?:allocated|in use)|address already in use|port .* in use/i.test(detail)) {
    const message = `Port ${plan.port} is taken. Choose another one, or none for the first that is free.`
    return { code: 'port-in-use', message, detail }
  }
  if (
    /executable file.*not found|exec:.*no such file|stat .*: no such file or directory: unknown/i.test(detail)
  ) {
    const message = `There is no program ${plan.file} in the image ${image}. Check the image, or what is to run in it.`
    return { code: 'runner-missing', message, detail }
  }
  if (/no space left/i.test(detail)) {
    const message = 'The disk of the container engine is full. Free some space there, then start it again.'
    return { code: 'runner-failed', message, detail }
  }
  const reason = detail.trim().replace(/[.\s]+$/, '')
  return { code: 'runner-failed', message: `The container could not be started: ${reason}.` }
}
