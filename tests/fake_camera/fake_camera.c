/*
 * A camera that is not there: preloaded into a program, it makes Video4Linux show "a UVC camera" made of files.
 *
 * The program's own calls are answered, so everything above the kernel is the real thing. The folder this library lies in says
 * what there is to see, and is read anew for every frame, so that a test can change it while the program runs:
 *
 *   dev/video0               a camera is plugged in under this number; the file holds its name. Gone: unplugged.
 *   frames/MJPG_1280x720/    its formats, and in each the frames, shown in the order of their names, over and over
 *   fault                    stall, busy, denied, truncated, noise, slow or fast; anything else: none
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { FORMATS = 8, FRAMES = 64, BUFFERS = 8, FPS = 15, SLOW_FPS = 2, FAST_FPS = 500, SECOND_MS = 1000 };

struct format {
    unsigned fourcc, width, height;
};

/* One camera may be open at a time. All of it is guarded by `lock`. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct camera {
    int fd, number;
    bool gone, streaming;
    struct format format;
    unsigned char *memory;
    size_t buffer_size;
    unsigned buffers, shown, queued[BUFFERS], first_queued, count_queued;
    long due_ms;
} camera = {.fd = -1};

/* The functions that are stood before. */

#define REAL(result, name, ...)                                                    \
    static result (*name##_behind)(__VA_ARGS__);                                   \
    static result (*real_##name(void))(__VA_ARGS__) {                              \
        if (!name##_behind) *(void **)&name##_behind = dlsym(RTLD_NEXT, #name);    \
        return name##_behind;                                                      \
    }
REAL(int, open64, const char *, int, ...)
REAL(int, close, int)
REAL(int, poll, struct pollfd *, nfds_t, int)
REAL(long, syscall, long, ...)
REAL(DIR *, opendir, const char *)

/* The folder. */

static const char *folder(void) {
    static char path[4096];
    Dl_info here;
    if (!path[0] && dladdr(&camera, &here)) {
        snprintf(path, sizeof path, "%s", here.dli_fname);
        char *slash = strrchr(path, '/');
        if (slash) *slash = 0;
    }
    return path;
}

static int open_in_folder(const char *name) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    return real_open64()(path, O_RDONLY | O_CLOEXEC);
}

static size_t read_in_folder(const char *name, void *into, size_t most) {
    int file = open_in_folder(name);
    if (file < 0) return 0;
    size_t length = 0;
    for (ssize_t got; length < most && (got = read(file, (char *)into + length, most - length)) > 0;) length += got;
    real_close()(file);
    return length;
}

static bool fault_is(const char *fault) {
    char said[32] = "";
    read_in_folder("fault", said, sizeof said - 1);
    return strncmp(said, fault, strlen(fault)) == 0;
}

static bool plugged_in(int number) {
    char name[64];
    snprintf(name, sizeof name, "dev/video%d", number);
    int file = open_in_folder(name);
    if (file >= 0) real_close()(file);
    return file >= 0;
}

static int by_name(const struct dirent **one, const struct dirent **other) {
    return strcmp((*one)->d_name, (*other)->d_name);
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* Calls `each` for the names in a folder of ours, in order, until it has had enough. */
static void for_each_in(const char *name, bool (*each)(const char *name, void *with), void *with) {
    char path[8192];
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    int count = scandir(path, &entries, visible, by_name);
    bool more = true;
    for (int at = 0; at < count; at++) {
        more = more && each(entries[at]->d_name, with);
        free(entries[at]);
    }
    if (count >= 0) free(entries);
}

struct formats {
    unsigned count;
    struct format at[FORMATS];
};

static bool add_format(const char *name, void *with) {
    struct formats *formats = with;
    struct format *format = &formats->at[formats->count];
    char code[5];
    if (formats->count < FORMATS && sscanf(name, "%4c_%ux%u", code, &format->width, &format->height) == 3) {
        format->fourcc = v4l2_fourcc(code[0], code[1], code[2], code[3]);
        formats->count++;
    }
    return true;
}

static struct formats formats(void) {
    struct formats found = {0};
    for_each_in("frames", add_format, &found);
    return found;
}

/* Frames. */

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_MS + now.tv_nsec / 1000000;
}

struct names {
    unsigned count;
    char at[FRAMES][256];
};

static bool add_name(const char *name, void *with) {
    struct names *names = with;
    snprintf(names->at[names->count++], sizeof names->at[0], "%s", name);
    return names->count < FRAMES;
}

/* Fills a buffer as the camera would, what was in it before staying behind the new frame's end. */
static size_t show_frame(unsigned char *buffer) {
    static struct names names;
    char path[512], in[128];
    unsigned code = camera.format.fourcc;
    snprintf(in, sizeof in, "frames/%.4s_%ux%u", (char *)&code, camera.format.width, camera.format.height);
    names.count = 0;
    for_each_in(in, add_name, &names);
    if (!names.count) return 0;
    snprintf(path, sizeof path, "%s/%s", in, names.at[camera.shown % names.count]);
    size_t length = read_in_folder(path, buffer, camera.buffer_size);
    if (fault_is("truncated")) {
        memset(buffer + length / 2, 0, camera.buffer_size - length / 2);
        return length / 2;
    }
    if (fault_is("noise")) {
        unsigned state = camera.shown * 2654435761u + 1;
        for (size_t at = 0; at < length; at++) buffer[at] = (state = state * 1664525u + 1013904223u) >> 24;
    }
    return length;
}

static bool frame_is_due(void) {
    return camera.streaming && camera.count_queued && now_ms() >= camera.due_ms && !fault_is("stall");
}

/* What the driver answers. */

static int refuse(int why) {
    errno = why;
    return -1;
}

static void describe(struct v4l2_pix_format *pix) {
    *pix = (struct v4l2_pix_format){
        .width = camera.format.width,
        .height = camera.format.height,
        .pixelformat = camera.format.fourcc,
        .field = V4L2_FIELD_NONE,
        .bytesperline = camera.format.fourcc == V4L2_PIX_FMT_MJPEG ? 0 : camera.format.width * 2,
        .sizeimage = camera.format.width * camera.format.height * 2,
        .colorspace = V4L2_COLORSPACE_SRGB,
    };
}

static int query_capabilities(struct v4l2_capability *capability) {
    *capability = (struct v4l2_capability){.driver = "uvcvideo", .bus_info = "usb-fake-1", .version = 0x060100};
    char name[64];
    snprintf(name, sizeof name, "dev/video%d", camera.number);
    read_in_folder(name, capability->card, sizeof capability->card - 1);
    capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
}

static int list_format(struct v4l2_fmtdesc *wanted) {
    struct formats all = formats();
    unsigned distinct = 0;
    for (unsigned at = 0; at < all.count; at++) {
        bool seen = false;
        for (unsigned before = 0; before < at; before++) seen |= all.at[before].fourcc == all.at[at].fourcc;
        if (seen || distinct++ != wanted->index) continue;
        wanted->pixelformat = all.at[at].fourcc;
        wanted->flags = all.at[at].fourcc == V4L2_PIX_FMT_MJPEG ? V4L2_FMT_FLAG_COMPRESSED : 0;
        snprintf((char *)wanted->description, sizeof wanted->description, "%.4s", (char *)&all.at[at].fourcc);
        return 0;
    }
    return refuse(EINVAL);
}

static int list_size(struct v4l2_frmsizeenum *wanted) {
    struct formats all = formats();
    unsigned index = 0;
    for (unsigned at = 0; at < all.count; at++) {
        if (all.at[at].fourcc != wanted->pixel_format || index++ != wanted->index) continue;
        wanted->type = V4L2_FRMSIZE_TYPE_DISCRETE;
        wanted->discrete.width = all.at[at].width;
        wanted->discrete.height = all.at[at].height;
        return 0;
    }
    return refuse(EINVAL);
}

static int list_interval(struct v4l2_frmivalenum *wanted) {
    if (wanted->index) return refuse(EINVAL);
    wanted->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    wanted->discrete = (struct v4l2_fract){1, FPS};
    return 0;
}

static int set_format(struct v4l2_format *wanted) {
    if (fault_is("busy")) return refuse(EBUSY);
    struct formats all = formats();
    for (unsigned at = 0; at < all.count; at++) {
        bool same = all.at[at].fourcc == wanted->fmt.pix.pixelformat && all.at[at].width == wanted->fmt.pix.width &&
                    all.at[at].height == wanted->fmt.pix.height;
        if (same) camera.format = all.at[at];
    }
    describe(&wanted->fmt.pix);
    return 0;
}

static int tell_rate(struct v4l2_streamparm *parameters) {
    parameters->parm.capture = (struct v4l2_captureparm){
        .capability = V4L2_CAP_TIMEPERFRAME,
        .timeperframe = {1, FPS},
    };
    return 0;
}

static int make_buffers(struct v4l2_requestbuffers *wanted) {
    if (wanted->memory != V4L2_MEMORY_MMAP) return refuse(EINVAL);
    if (wanted->count > BUFFERS) wanted->count = BUFFERS;
    camera.buffers = wanted->count;
    camera.count_queued = camera.first_queued = 0;
    if (!camera.buffers) return 0;
    camera.buffer_size = (camera.format.width * camera.format.height * 2 + 4095) & ~(size_t)4095;
    size_t all = camera.buffers * camera.buffer_size;
    if (ftruncate(camera.fd, all)) return refuse(ENOMEM);
    camera.memory = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, camera.fd, 0);
    return camera.memory == MAP_FAILED ? refuse(ENOMEM) : 0;
}

static int describe_buffer(struct v4l2_buffer *buffer) {
    if (buffer->index >= camera.buffers) return refuse(EINVAL);
    buffer->length = camera.buffer_size;
    buffer->m.offset = buffer->index * camera.buffer_size;
    buffer->flags = 0;
    return 0;
}

static int queue_buffer(const struct v4l2_buffer *buffer) {
    if (buffer->index >= camera.buffers || camera.count_queued == BUFFERS) return refuse(EINVAL);
    camera.queued[(camera.first_queued + camera.count_queued++) % BUFFERS] = buffer->index;
    return 0;
}

static int give_frame(struct v4l2_buffer *buffer) {
    if (!camera.streaming) return refuse(EINVAL);
    if (!frame_is_due()) return refuse(EAGAIN);
    buffer->index = camera.queued[camera.first_queued];
    camera.first_queued = (camera.first_queued + 1) % BUFFERS;
    camera.count_queued--;
    describe_buffer(buffer);
    buffer->bytesused = show_frame(camera.memory + buffer->m.offset);
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    buffer->field = V4L2_FIELD_NONE;
    buffer->sequence = camera.shown++;
    long now = now_ms();
    buffer->timestamp.tv_sec = now / SECOND_MS;
    buffer->timestamp.tv_usec = now % SECOND_MS * 1000;
    camera.due_ms = now + SECOND_MS / (fault_is("fast") ? FAST_FPS : fault_is("slow") ? SLOW_FPS : FPS);
    return 0;
}

static int stream(bool on) {
    camera.streaming = on;
    camera.due_ms = now_ms();
    if (!on) camera.count_queued = 0;
    return 0;
}

static int answer(unsigned request, void *with) {
    if (camera.gone || !plugged_in(camera.number)) {
        camera.gone = true;
        return refuse(ENODEV);
    }
    switch (request) {
    case VIDIOC_QUERYCAP: return query_capabilities(with);
    case VIDIOC_ENUM_FMT: return list_format(with);
    case VIDIOC_ENUM_FRAMESIZES: return list_size(with);
    case VIDIOC_ENUM_FRAMEINTERVALS: return list_interval(with);
    case VIDIOC_G_FMT: describe(&((struct v4l2_format *)with)->fmt.pix); return 0;
    case VIDIOC_TRY_FMT:
    case VIDIOC_S_FMT: return set_format(with);
    case VIDIOC_G_PARM:
    case VIDIOC_S_PARM: return tell_rate(with);
    case VIDIOC_REQBUFS: return make_buffers(with);
    case VIDIOC_QUERYBUF: return describe_buffer(with);
    case VIDIOC_QBUF: return queue_buffer(with);
    case VIDIOC_DQBUF: return give_frame(with);
    case VIDIOC_STREAMON: return stream(true);
    case VIDIOC_STREAMOFF: return stream(false);
    default: return refuse(ENOTTY);
    }
}

static int plug_open(int number) {
    if (!plugged_in(number)) return refuse(ENOENT);
    if (fault_is("denied")) return refuse(EACCES);
    pthread_mutex_lock(&lock);
    int fd = camera.fd >= 0 ? refuse(EBUSY) : memfd_create("fake camera", MFD_CLOEXEC);
    if (fd >= 0) {
        struct formats all = formats();
        camera = (struct camera){.fd = fd, .number = number, .format = all.at[0]};
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

/* The calls a program makes. */

static int open_instead(const char *path, int flags, int mode) {
    int number, length = 0;
    if (sscanf(path, "/dev/video%d%n", &number, &length) == 1 && !path[length]) return plug_open(number);
    length = 0;
    if (sscanf(path, "/sys/class/video4linux/video%d/name%n", &number, &length) == 1 && length && !path[length]) {
        char name[64];
        snprintf(name, sizeof name, "dev/video%d", number);
        return open_in_folder(name);
    }
    return real_open64()(path, flags, mode);
}

#define OPEN(name)                                \
    int name(const char *path, int flags, ...) {  \
        va_list more;                             \
        va_start(more, flags);                    \
        int mode = va_arg(more, int);             \
        va_end(more);                             \
        return open_instead(path, flags, mode);   \
    }
OPEN(open)
OPEN(open64)

int close(int fd) {
    pthread_mutex_lock(&lock);
    if (fd >= 0 && fd == camera.fd) camera.fd = -1;
    pthread_mutex_unlock(&lock);
    return real_close()(fd);
}

long syscall(long number, ...) {
    long with[6];
    va_list more;
    va_start(more, number);
    for (int at = 0; at < 6; at++) with[at] = va_arg(more, long);
    va_end(more);
    if (number != SYS_ioctl || camera.fd < 0 || (int)with[0] != camera.fd)
        return real_syscall()(number, with[0], with[1], with[2], with[3], with[4], with[5]);
    pthread_mutex_lock(&lock);
    int answered = answer((unsigned)with[1], (void *)with[2]);
    int why = errno;
    pthread_mutex_unlock(&lock);
    errno = why;
    return answered;
}

int poll(struct pollfd *fds, nfds_t count, int patience_ms) {
    if (count != 1 || camera.fd < 0 || fds->fd != camera.fd) return real_poll()(fds, count, patience_ms);
    for (long since = now_ms();;) {
        pthread_mutex_lock(&lock);
        camera.gone |= !plugged_in(camera.number);
        fds->revents = camera.gone ? POLLERR | POLLHUP : frame_is_due() ? POLLIN | POLLRDNORM : 0;
        pthread_mutex_unlock(&lock);
        if (fds->revents) return 1;
        if (patience_ms >= 0 && now_ms() - since >= patience_ms) return 0;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
}

DIR *opendir(const char *path) {
    char ours[8192];
    if (strcmp(path, "/dev")) return real_opendir()(path);
    snprintf(ours, sizeof ours, "%s/dev", folder());
    return real_opendir()(ours);
}
