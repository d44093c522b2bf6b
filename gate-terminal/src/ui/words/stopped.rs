//! What is said where the gate cannot begin.

words! {
    /// The window of a gate that cannot begin.
    Stopped {
        what: "本机现在不能核验通行码", "This gate cannot check passes now";
        instead: "请用纸质登记，并打电话给保卫处", "Write entries down on paper, and call the security office";
        again: "每半分钟自动重试一次；关闭窗口就退出", "Tried again every half minute; closing the window ends it";
    }
}
