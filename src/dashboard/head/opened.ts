import { noChange } from 'lit'
import { Directive, type DirectiveResult, directive, type ElementPart } from 'lit/directive.js'

/** Opens a dialog over the page as soon as it is there: `<dialog ${opened()}>`. */
class Opened extends Directive {
  override render(): typeof noChange {
    return noChange
  }

  override update({ element }: ElementPart): typeof noChange {
    const dialog = element as HTMLDialogElement
    // It is not in the page yet while it is being made.
    queueMicrotask(() => {
      if (dialog.isConnected && !dialog.open) dialog.showModal()
    })
    return noChange
  }
}

export const opened: () => DirectiveResult = directive(Opened)
