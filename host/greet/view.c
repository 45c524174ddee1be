/* SPDX-License-Identifier: Apache-2.0 */
/* The window; see view.h. */
#include "greet/view.h"

#include <gtk/gtk.h>
#include <string.h>
#include <time.h>

#include "greet/field.h"

/* Letters for two metres: sizes go with the screen's height, whatever its resolution. Unit: 1/1000 of the height. */
#define HEADLINE_MIL 66
#define TEXT_MIL 42
#define SMALL_MIL 34

struct view {
	GtkWidget *window, *clock, *headline, *field, *hint, *help;
	GtkWidget *before[MODEL_LINES];
	GtkCssProvider *css;
	int height;
	view_on_key on_key;
	void *arg;
};

static const char style[] =
    "* { font-family: \"Noto Sans CJK JP\", \"Noto Sans\", sans-serif; color: #ffffff; }"
    "window { background-color: #0b2239; }"
    ".bar { background-color: #16385c; padding: %dpx %dpx; font-size: %dpx; }"
    ".headline { font-size: %dpx; font-weight: bold; padding: %dpx %dpx; }"
    ".line { font-size: %dpx; padding: %dpx %dpx; }"
    ".lines { padding-top: %dpx; }"
    ".hint { font-size: %dpx; color: #c9dcf0; padding: %dpx %dpx; }"
    ".field { font-size: %dpx; color: #000000; background-color: #ffffff; padding: %dpx %dpx; margin: 0 %dpx; min-height: %dpx; }"
    ".error { color: #000000; background-color: #ffd54a; }";

static void restyle(struct view *v, int height)
{
	int big = height * HEADLINE_MIL / 1000, text = height * TEXT_MIL / 1000, small = height * SMALL_MIL / 1000, gap = height / 40;
	char *css = g_strdup_printf(style, gap / 2, gap, small, big, gap, 2 * gap, text, gap / 3, 2 * gap, gap, small, gap / 2, 2 * gap, big, gap / 2, gap,
	    2 * gap, big * 3 / 2);

	(void)gtk_css_provider_load_from_data(v->css, css, -1, NULL);
	g_free(css);
}

/* The size comes from the compositor. Styling in the midst of an allocation would be lost: a moment later. */
static gboolean on_resized(gpointer arg)
{
	struct view *v = arg;

	restyle(v, v->height);
	return G_SOURCE_REMOVE;
}

static void on_size(GtkWidget *widget, GdkRectangle *size, gpointer arg)
{
	struct view *v = arg;

	(void)widget;
	if (size->height == v->height)
		return;
	v->height = size->height;
	(void)g_idle_add(on_resized, v);
}

/* The keypad's digits are digits whether Num Lock is on or not: nobody at a PIN means "End". */
static uint32_t keypad_digit(guint keyval)
{
	static const guint without_lock[10] = { GDK_KEY_KP_Insert, GDK_KEY_KP_End, GDK_KEY_KP_Down, GDK_KEY_KP_Page_Down, GDK_KEY_KP_Left,
		GDK_KEY_KP_Begin, GDK_KEY_KP_Right, GDK_KEY_KP_Home, GDK_KEY_KP_Up, GDK_KEY_KP_Page_Up };

	for (uint32_t i = 0; i < 10; i++) {
		if (keyval == without_lock[i])
			return '0' + i;
	}
	return 0;
}

static gboolean on_press(GtkWidget *widget, GdkEventKey *event, gpointer arg)
{
	struct view *v = arg;
	uint32_t character = keypad_digit(event->keyval);

	(void)widget;
	/* No chord means anything here. */
	if ((event->state & (GDK_CONTROL_MASK | GDK_MOD1_MASK | GDK_SUPER_MASK)) != 0)
		return TRUE;
	switch (event->keyval) {
	case GDK_KEY_Return:
	case GDK_KEY_KP_Enter:
		v->on_key(v->arg, VIEW_KEY_ENTER, 0);
		return TRUE;
	case GDK_KEY_Escape:
		v->on_key(v->arg, VIEW_KEY_ESCAPE, 0);
		return TRUE;
	case GDK_KEY_BackSpace:
	case GDK_KEY_Delete:
		v->on_key(v->arg, VIEW_KEY_BACK, 0);
		return TRUE;
	default:
		break;
	}
	if (character == 0)
		character = gdk_keyval_to_unicode(event->keyval);
	if (character >= 0x20 && character <= 0x7E)
		v->on_key(v->arg, VIEW_KEY_CHARACTER, character);
	return TRUE;
}

/* Alt+F4 and a compositor that asks: the screen stays. */
static gboolean on_delete(GtkWidget *widget, GdkEvent *event, gpointer arg)
{
	(void)widget;
	(void)event;
	(void)arg;
	return TRUE;
}

/* No arrow in the middle of the screen. */
static void on_realize(GtkWidget *widget, gpointer arg)
{
	GdkCursor *none = gdk_cursor_new_for_display(gtk_widget_get_display(widget), GDK_BLANK_CURSOR);

	(void)arg;
	gdk_window_set_cursor(gtk_widget_get_window(widget), none);
	g_object_unref(none);
}

static gboolean on_tick(gpointer arg)
{
	struct view *v = arg;
	time_t now = time(NULL);
	struct tm tm;
	char text[32];

	if (localtime_r(&now, &tm) != NULL && strftime(text, sizeof(text), "%Y-%m-%d  %H:%M", &tm) > 0 &&
	    strcmp(gtk_label_get_text(GTK_LABEL(v->clock)), text) != 0)
		gtk_label_set_text(GTK_LABEL(v->clock), text);
	return G_SOURCE_CONTINUE;
}

static GtkWidget *label(const char *class)
{
	GtkWidget *w = gtk_label_new("");

	gtk_label_set_line_wrap(GTK_LABEL(w), TRUE);
	gtk_label_set_line_wrap_mode(GTK_LABEL(w), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_xalign(GTK_LABEL(w), 0);
	gtk_style_context_add_class(gtk_widget_get_style_context(w), class);
	return w;
}

static GtkWidget *top_bar(struct view *v, const struct screen_site *site)
{
	GtkWidget *bar = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 0), *name = gtk_label_new("");
	char *text = g_strjoin(site->name[0] != '\0' && site->terminal[0] != '\0' ? "   " : "", site->name, site->terminal, NULL);

	gtk_label_set_text(GTK_LABEL(name), text);
	gtk_label_set_ellipsize(GTK_LABEL(name), PANGO_ELLIPSIZE_END);
	gtk_label_set_xalign(GTK_LABEL(name), 0);
	g_free(text);
	v->clock = gtk_label_new("");
	gtk_style_context_add_class(gtk_widget_get_style_context(bar), "bar");
	gtk_box_pack_start(GTK_BOX(bar), name, TRUE, TRUE, 0);
	gtk_box_pack_end(GTK_BOX(bar), v->clock, FALSE, FALSE, 0);
	return bar;
}

/* What asks for more room than there is is cut at its lower end, the oldest texts: bar and call stay where they are. */
static GtkWidget *clipped(GtkWidget *inner)
{
	GtkWidget *w = gtk_scrolled_window_new(NULL, NULL);

	gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(w), GTK_POLICY_NEVER, GTK_POLICY_EXTERNAL);
	gtk_container_add(GTK_CONTAINER(w), inner);
	return w;
}

static GtkWidget *middle(struct view *v)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *lines = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	v->headline = label("headline");
	v->field = label("field");
	v->hint = label("hint");
	gtk_box_pack_start(GTK_BOX(box), v->headline, FALSE, FALSE, 0);
	gtk_box_pack_start(GTK_BOX(box), v->field, FALSE, FALSE, 0);
	gtk_box_pack_start(GTK_BOX(box), v->hint, FALSE, FALSE, 0);
	for (size_t i = 0; i < MODEL_LINES; i++) {
		v->before[i] = label("line");
		gtk_box_pack_start(GTK_BOX(lines), v->before[i], FALSE, FALSE, 0);
	}
	gtk_style_context_add_class(gtk_widget_get_style_context(lines), "lines");
	gtk_box_pack_start(GTK_BOX(box), lines, FALSE, FALSE, 0);
	return clipped(box);
}

static GtkWidget *layout(struct view *v, const struct screen_site *site)
{
	GtkWidget *all = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	v->help = label("bar");
	gtk_box_pack_start(GTK_BOX(all), top_bar(v, site), FALSE, FALSE, 0);
	gtk_box_pack_start(GTK_BOX(all), middle(v), TRUE, TRUE, 0);
	gtk_box_pack_end(GTK_BOX(all), v->help, FALSE, FALSE, 0);
	return all;
}

struct view *view_open(const struct screen_site *site, view_on_key on_key, void *arg)
{
	struct view *v;

	if (!gtk_init_check(NULL, NULL))
		return NULL;
	v = g_new0(struct view, 1);
	v->on_key = on_key;
	v->arg = arg;
	v->css = gtk_css_provider_new();
	gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(v->css),
	    GTK_STYLE_PROVIDER_PRIORITY_USER + 1);
	restyle(v, 720);
	v->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
	gtk_window_set_decorated(GTK_WINDOW(v->window), FALSE);
	gtk_container_add(GTK_CONTAINER(v->window), layout(v, site));
	(void)g_signal_connect(v->window, "key-press-event", G_CALLBACK(on_press), v);
	(void)g_signal_connect(v->window, "delete-event", G_CALLBACK(on_delete), v);
	(void)g_signal_connect(v->window, "realize", G_CALLBACK(on_realize), v);
	(void)g_signal_connect(v->window, "size-allocate", G_CALLBACK(on_size), v);
	(void)on_tick(v);
	(void)g_timeout_add_seconds(1, on_tick, v);
	gtk_window_fullscreen(GTK_WINDOW(v->window));
	gtk_widget_show_all(v->window);
	return v;
}

static void set_error(GtkWidget *w, bool error)
{
	GtkStyleContext *style_of = gtk_widget_get_style_context(w);

	if (error)
		gtk_style_context_add_class(style_of, "error");
	else
		gtk_style_context_remove_class(style_of, "error");
}

static void set_text(GtkWidget *w, const char *text)
{
	gtk_label_set_text(GTK_LABEL(w), text);
	gtk_widget_set_visible(w, text[0] != '\0');
}

static void show_field(struct view *v, const struct screen *s, const char *typed, size_t typed_n)
{
	static const char dot[] = "\u25CF ";
	char dots[FIELD_MAX * sizeof(dot) + 1] = "";

	for (size_t i = 0; i < typed_n && i < FIELD_MAX; i++)
		memcpy(dots + i * (sizeof(dot) - 1), dot, sizeof(dot));
	gtk_label_set_text(GTK_LABEL(v->field), s->masked ? dots : typed);
	gtk_widget_set_visible(v->field, s->field);
}

void view_show(struct view *v, const struct screen *s, const char *typed, size_t typed_n)
{
	set_text(v->headline, s->headline);
	set_error(v->headline, s->error);
	show_field(v, s, typed, typed_n);
	set_text(v->hint, s->hint);
	set_text(v->help, s->help);
	for (size_t i = 0; i < MODEL_LINES; i++) {
		set_text(v->before[i], i < s->before_n ? s->before[i].text : "");
		set_error(v->before[i], i < s->before_n && s->before[i].error);
	}
}
