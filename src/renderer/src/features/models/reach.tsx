import type { ReactNode } from 'react'
import { Check } from '../../ui/check.tsx'
import { Message } from '../../ui/message.tsx'

/** Who can reach it: this machine alone, or everybody on its network. */
export function Reach({
  lan,
  onChange
}: {
  readonly lan: boolean
  readonly onChange: (lan: boolean) => void
}): ReactNode {
  return (
    <fieldset className="form-part">
      <legend>Who can reach it</legend>
      <Check
        checked={lan}
        words="Other machines on the network too"
        hint="Else it listens on 127.0.0.1, for this machine alone."
        onChange={onChange}
      />
      {lan && (
        <Message
          tone="warning"
          text="Everybody on this machine’s network can use it, and most of these programs ask for no password."
          whatToDo="Leave it off on networks that you share, or put a key in its settings."
        />
      )}
    </fieldset>
  )
}
