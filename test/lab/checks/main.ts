// Runs in the guest as root, with the product's Node; guest/guards.sh starts it. One line is told per check.
import { conflictChecks } from './conflicts.ts'
import { must } from './guest.ts'
import { polkitChecks } from './polkit.ts'
import { protectionChecks } from './protection.ts'

const CORE = 'LAB=/run/lab; CONSOLE=/dev/hvc0; . /lab/tell.sh; . /lab/guards.sh; . $LAB/case.sh; start_core'

await protectionChecks()
await polkitChecks(() => void must('bash', '-c', CORE))
await conflictChecks()
console.log('@checks-done')
