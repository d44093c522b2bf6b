// Helps on pages that work without: counts down, types plates, looks whether a booking was decided, keeps the pass lit.
// It asks nobody but this server and keeps nothing. Written for the engines in WeChat (Chrome 78, iOS 12).
(function () {
  'use strict';
  var chinese = document.documentElement.lang.slice(0, 2) === 'zh';
  function say(zh, en) { return chinese ? zh : en; }
  function each(selector, does) { document.querySelectorAll(selector).forEach(does); }
  function make(name, attributes, text) {
    var made = document.createElement(name);
    Object.keys(attributes).forEach(function (key) { made.setAttribute(key, attributes[key]); });
    made.textContent = text || '';
    return made;
  }

  // What changes by itself is said.
  var voice = document.body.appendChild(make('p', { 'class': 'unseen', role: 'status' }));
  function announce(text) {
    voice.textContent = '';
    setTimeout(function () { voice.textContent = text; }, 100);
  }

  // The button for the next code. The server counts, too, and its word holds.
  function countDown(button) {
    var over = Date.now() + 1000 * button.getAttribute('data-wait'), plain = button.textContent;
    function tick() {
      var left = Math.ceil((over - Date.now()) / 1000);
      button.disabled = left > 0;
      if (left <= 0) {
        button.textContent = plain;
        return announce(say('现在可以重新发送验证码了', 'A new code can be sent now'));
      }
      var long = left > 90, count = long ? Math.ceil(left / 60) : left;
      button.textContent = plain + say('（' + count + (long ? ' 分钟后）' : ' 秒后）'), ' (in ' + count + (long ? ' min)' : ' s)'));
      setTimeout(tick, 1000);
    }
    tick();
  }

  // Plates: a keyboard below the field.
  var provinces = '京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼';
  var signs = '1234567890QWERTYUPASDFGHJKLZXCVBNM学警港澳使领';
  var touch = window.matchMedia && matchMedia('(pointer: coarse)').matches;
  var title = say('车牌键盘', 'Plate keyboard');
  var keys = make('div', { 'class': 'plate-keys', role: 'group', 'aria-label': title });
  var field = null, opener = null, first;

  function key(label, name, style, does) {
    var button = make('button', { type: 'button', 'class': style }, label);
    if (name) { button.setAttribute('aria-label', name); }
    button.addEventListener('click', does);
    keys.appendChild(button);
  }
  function lay(provincial) {
    first = provincial;
    keys.textContent = '';
    (first ? provinces : signs).split('').forEach(function (sign) { key(sign, '', '', function () { put(sign); }); });
    key('⌫', say('删除', 'Delete'), '', function () { put(''); });
    key(first ? say('字母', 'ABC') : say('省份', '省'), '', 'wide', function () { lay(!first); keys.firstChild.focus(); });
    key(say('其他', 'Other'), say('其他：用普通键盘', 'Other: the plain keyboard'), 'wide', function () {
      var typed = field;
      close();
      typed.setAttribute('data-plate', 'plain');
      typed.removeAttribute('inputmode');
      typed.focus();
    });
    key(say('完成', 'Done'), '', 'wide done', done);
  }
  function put(sign) {
    var from = field.selectionStart, to = field.selectionEnd, text = field.value;
    if (!sign && from === to && from > 0) { from -= 1; }
    var left = text.slice(0, from), right = text.slice(to);
    if (sign && (left + right).replace(/[·\s-]/g, '').length > 7) {
      return announce(say('车牌最多 8 位', 'A plate has at most 8 places'));
    }
    field.value = left + sign + right;
    from += sign.length;
    field.setSelectionRange(from, from);
    field.dispatchEvent(new Event('input', { bubbles: true }));
    announce(field.value);
    if (first !== (from === 0)) {
      var here = keys.contains(document.activeElement);
      lay(!first);
      if (here) { keys.firstChild.focus(); }
    }
  }
  function open(input, button) {
    if (field === input) { return; }
    close();
    field = input;
    opener = button;
    lay(!input.value);
    button.setAttribute('aria-expanded', 'true');
    var row = input.closest('.pair') || button;
    row.parentNode.insertBefore(keys, row.nextSibling);
  }
  function close() {
    if (!field) { return; }
    opener.setAttribute('aria-expanded', 'false');
    keys.parentNode.removeChild(keys);
    field = opener = null;
  }
  function done() {
    var back = opener;
    close();
    back.focus();
  }
  function plate(input) {
    var button = make('button', { type: 'button', 'class': 'second plate-open', 'aria-expanded': 'false' }, title);
    input.parentNode.insertBefore(button, input.nextSibling);
    // Two keyboards leave no room.
    function ours() {
      input.setAttribute('data-plate', '');
      if (touch) { input.setAttribute('inputmode', 'none'); }
    }
    ours();
    button.addEventListener('click', function () {
      if (field === input) { return close(); }
      ours();
      open(input, button);
      if (touch) { input.focus(); } else { keys.firstChild.focus(); }
    });
    input.addEventListener('focus', function () {
      if (touch && input.getAttribute('data-plate') !== 'plain') { open(input, button); }
    });
  }
  // Pressed keys leave the caret where it is.
  keys.addEventListener('mousedown', function (event) { event.preventDefault(); });
  document.addEventListener('focusin', function (event) {
    if (field && event.target !== field && event.target !== opener && !keys.contains(event.target)) { close(); }
  });

  // A booking that waits, and a pass whose code may be another: the same address is asked again while somebody looks.
  var main = document.getElementById('main'), pause = 5, timer, asking, stopped;
  function later() {
    clearTimeout(timer);
    if (!stopped && !document.hidden && main.hasAttribute('data-live')) { timer = setTimeout(ask, pause * 1000); }
  }
  function ask() {
    clearTimeout(timer);
    if (asking || stopped || !main.hasAttribute('data-standing')) { return; }
    asking = true;
    pause = Math.min(20, pause * 1.2);
    fetch(main.getAttribute('data-live') || location.href, { cache: 'no-store' }).then(function (answer) {
      stopped = answer.redirected;
      return answer.ok && !stopped ? answer.text() : '';
    }).then(renew).catch(function () {}).then(function () {
      asking = false;
      later();
    });
  }
  function renew(text) {
    var found = new DOMParser().parseFromString(text, 'text/html'), fresh = found.getElementById('main');
    if (!fresh || !fresh.hasAttribute('data-standing')) { return; }
    var same = ['data-standing', 'data-code'].every(function (name) {
      return fresh.getAttribute(name) === main.getAttribute(name);
    });
    if (same) {
      // How the notices fare takes nothing out of anybody's hands.
      ['.told', '.progress'].forEach(function (part) {
        var old = main.querySelector(part), news = fresh.querySelector(part);
        if (old && news) { old.innerHTML = news.innerHTML; }
      });
      return;
    }
    var held = main.contains(document.activeElement);
    main.parentNode.replaceChild(fresh, main);
    main = fresh;
    document.title = found.title;
    // Under its old address a browser would show the picture that it has.
    var picture = main.querySelector('.code img');
    if (picture) { picture.src += '?' + main.getAttribute('data-code'); }
    if (held) { main.focus(); }
    help();
    var said = main.querySelector('.standing');
    announce(said ? said.textContent : document.title);
  }

  // The pass is held under a camera: the screen stays lit.
  function light() {
    if (navigator.wakeLock && !document.hidden && document.querySelector('[data-awake]')) {
      navigator.wakeLock.request('screen').catch(function () {});
    }
  }
  document.addEventListener('keydown', function (event) {
    if (event.key !== 'Escape') { return; }
    if (field) { done(); } else if (location.hash === '#code') { location.hash = 'main'; }
  });
  document.addEventListener('visibilitychange', function () {
    if (document.hidden) { return clearTimeout(timer); }
    pause = 5;
    light();
    if (main.hasAttribute('data-live')) { ask(); }
  });
  // Out of the browser's history an old page comes back as it was.
  window.addEventListener('pageshow', function (event) { if (event.persisted) { pause = 5; ask(); } });

  // A form that is left is kept, as its button for drafts would; the switches above it take along what was typed.
  var form = document.querySelector('form[data-kept]'), unkept;
  function pressed(value) {
    var press = form.appendChild(make('input', { type: 'hidden', name: 'press' }));
    press.value = value;
    return press;
  }
  function keep() {
    if (!unkept || !navigator.sendBeacon) { return; }
    var press = pressed('draft');
    unkept = !navigator.sendBeacon(form.action, new URLSearchParams(new FormData(form)));
    form.removeChild(press);
  }
  if (form) {
    form.addEventListener('input', function () { unkept = true; });
    form.addEventListener('submit', function () { unkept = false; });
    window.addEventListener('pagehide', keep);
    document.addEventListener('visibilitychange', function () { if (document.hidden) { keep(); } });
    each('nav a', function (link) {
      var asks = /[?&]((?:lang|elder)=[a-z]+)$/.exec(link.getAttribute('href'));
      if (!asks) { return; }
      link.addEventListener('click', function (event) {
        if (!unkept) { return; }
        event.preventDefault();
        unkept = false;
        pressed(asks[1]);
        form.submit();
      });
    });
  }

  function help() {
    each('button[data-wait]', countDown);
    each('input[data-plate]', plate);
    light();
  }
  help();
  later();
})();
