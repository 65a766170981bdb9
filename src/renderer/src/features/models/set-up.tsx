import { useEffect, useState, type ReactNode } from 'react'
import type { ContractError } from '../../../../shared/contract/errors.ts'
import type { RunnerKind, SetUpStep } from '../../../../shared/model/runner.ts'
import { told } from '../../format/next-step.ts'
import { KIND_NAMES } from '../../format/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { runningJob } from '../../stores/jobs.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Message } from '../../ui/message.tsx'
import { shellText } from './shell-text.ts'

/** The vendor's steps for this machine: each to be copied, and those that need no root run from here. */
export function SetUp({
  kind,
  onForm
}: {
  readonly kind: RunnerKind
  readonly onForm: () => void
}): ReactNode {
  const setUpSteps = usePanel('library', (state) => state.setUpSteps)
  const runSetUp = usePanel('jobs', (state) => state.runSetUp)
  const refusal = usePanel('jobs', (state) => state.errors.get(kind))
  const running = usePanel('jobs', (state) => runningJob(state, kind) !== undefined)
  const problem = usePanel(
    'runners',
    (state) => state.installed.find((one) => one.kind === kind)?.problem ?? null
  )
  const [steps, setSteps] = useState<readonly SetUpStep[] | null>(null)
  const [failure, setFailure] = useState<ContractError | null>(null)
  useEffect(() => {
    let isOld = false
    void setUpSteps(kind).then((result) => {
      if (isOld) return
      if (result.ok) setSteps(result.value)
      else setFailure(result.error)
    })
    return () => {
      isOld = true
    }
  }, [kind, setUpSteps])
  const runs = steps?.some((step) => step.command !== null && !step.needsRoot) === true
  return (
    <div className="set-up">
      {problem !== null && <p className="muted">{problem}</p>}
      {failure !== null && <Message tone="error" {...told(failure)} />}
      {steps?.length === 0 && <p className="muted">Its vendor gives no steps for this machine.</p>}
      {steps !== null && steps.length > 0 && (
        <ol className="steps">
          {steps.map((step, at) => (
            <li key={step.text}>
              <p>
                <span className="step-number num">{at + 1}</span> {step.text}{' '}
                {step.command === null ? (
                  <span className="small muted">By hand.</span>
                ) : (
                  step.needsRoot && (
                    <span className="small step-root">Needs the administrator: copy it into a terminal.</span>
                  )
                )}
              </p>
              {step.command !== null && (
                <div className="step-command">
                  <code>{shellText(step.command)}</code>
                  <CopyButton text={shellText(step.command)} what={`step ${at + 1}`} />
                </div>
              )}
            </li>
          ))}
        </ol>
      )}
      {refusal !== undefined && <Message tone="error" {...told(refusal)} />}
      <div className="buttons">
        {runs && (
          <button
            type="button"
            className="button primary"
            disabled={running}
            aria-label={`Run the steps for ${KIND_NAMES[kind]}`}
            onClick={() => void runSetUp(kind)}
          >
            {running ? 'Running' : 'Run the steps that need no administrator'}
          </button>
        )}
        <button type="button" className="button" onClick={onForm}>
          Make a profile of it
        </button>
      </div>
      {runs && <p className="small muted">Progress is shown above, in the list of jobs.</p>}
    </div>
  )
}
