import { useState, type ReactNode } from 'react'
import { RUNNER_KINDS, type RunnerKind } from '../../../../shared/model/runner.ts'
import { RUNNER_SPECS } from '../../../../shared/model/specs/index.ts'
import { KIND_NAMES } from '../../format/runner.ts'
import { usePanel } from '../../stores/context.ts'
import { KindMark } from '../../ui/kind-mark.tsx'
import { newDraft } from './draft.ts'
import { ProfileForm } from './profile-form.tsx'
import { SetUp } from './set-up.tsx'

/** First which program, then its form; what is not installed shows how it is. */
export function NewProfile({ onDone }: { readonly onDone: () => void }): ReactNode {
  const [chosen, setChosen] = useState<{ readonly kind: RunnerKind; readonly setUp: boolean } | null>(null)
  const installed = usePanel('runners', (state) => state.installed)
  if (chosen === null) return <Kinds onChoose={(kind, setUp) => setChosen({ kind, setUp })} />
  const { kind, setUp } = chosen
  return (
    <div className="new-profile">
      <div className="new-kind">
        <KindMark kind={kind} />
        <p>
          <b>{KIND_NAMES[kind]}</b> <span className="muted">{RUNNER_SPECS[kind].summary}</span>
        </p>
        <button type="button" className="button quiet compact" onClick={() => setChosen(null)}>
          Choose another
        </button>
      </div>
      {setUp ? (
        <SetUp kind={kind} onForm={() => setChosen({ kind, setUp: false })} />
      ) : (
        <ProfileForm
          key={kind}
          initial={newDraft(
            kind,
            installed.some((one) => one.kind === kind && one.path !== null)
          )}
          profileId={null}
          running={false}
          onDone={onDone}
        />
      )}
    </div>
  )
}

function Kinds({ onChoose }: { readonly onChoose: (kind: RunnerKind, setUp: boolean) => void }): ReactNode {
  const installed = usePanel('runners', (state) => state.installed)
  const engineOk = usePanel('library', (state) => state.engine?.state === 'ok')
  return (
    <ul className="kinds">
      {RUNNER_KINDS.map((kind) => {
        const found = installed.find((one) => one.kind === kind)
        const isHere = found !== undefined && found.problem === null
        const { image, name, summary } = RUNNER_SPECS[kind]
        const runsAsImage = !isHere && image !== null && engineOk
        const setsUp = found !== undefined && !isHere && !runsAsImage
        return (
          <li key={kind} className="kind">
            <KindMark kind={kind} />
            <div className="kind-words">
              <p className="kind-name">{name}</p>
              <p className="small muted">{summary}</p>
              <p className="small kind-state" title={found?.problem ?? found?.path ?? undefined}>
                {isHere && found.path !== null
                  ? 'Installed'
                  : runsAsImage
                    ? 'As a container'
                    : setsUp
                      ? 'Not installed'
                      : ''}
              </p>
            </div>
            <div className="kind-buttons">
              <button
                type="button"
                className="button compact"
                aria-label={`New ${name}`}
                onClick={() => onChoose(kind, false)}
              >
                New
              </button>
              {found !== undefined && !isHere && (
                <button
                  type="button"
                  className="button quiet compact"
                  aria-label={`Set up ${name}`}
                  title={found.problem ?? undefined}
                  onClick={() => onChoose(kind, true)}
                >
                  Set up
                </button>
              )}
            </div>
          </li>
        )
      })}
    </ul>
  )
}
